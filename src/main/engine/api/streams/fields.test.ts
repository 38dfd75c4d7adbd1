import { expect, test } from 'vitest'
import { isText, listOf, mapOf, objectOf, type Fields } from '#shared/json-shape.ts'
import { decodeBuildQuery } from '../build/wire.ts'
import { parseCreateBody } from '../containers/create-body.ts'
import { parseExecBody } from '../exec/wire.ts'
import { decodeCreate } from '../networks/wire.ts'
import { createQuery } from '../query.ts'
import { registryAuthOf } from './registry-auth.ts'
import { shaped } from './fields.ts'

const FIELDS: Fields = [
  [isText, 'Name'],
  [listOf(objectOf([[mapOf(isText), 'Labels']])), 'Parts'],
]

test('fields are spelled as they are listed, may be null or absent, and others may be anything', () =>
  expect(shaped(FIELDS, { NAME: 'x', parts: null, Other: 1 })).toEqual({ Name: 'x', Parts: null, Other: 1 }))

test.each([[{ Name: 1 }, 'Name'], [{ Parts: {} }, 'Parts'], [{ Parts: [null] }, 'Parts'], [{ Parts: [{ Labels: { a: 1 } }] }, 'Parts']])('%j is refused', (body, field) =>
  expect(() => shaped(FIELDS, body)).toThrow(`invalid JSON: ${field} has the wrong type`))

const WRONG: unknown[] = [1, true, 'x', [], {}, [null], [1], [[]], [{}], { a: 1 }, { a: null }]
const BODIES: Record<string, [decode: (body: object) => unknown, bodies: (wrong: unknown) => object[]]> = {
  container: [
    (body) => parseCreateBody(body as never, undefined, undefined),
    (wrong) => [
      { Healthcheck: { Test: wrong } },
      { HostConfig: { LogConfig: { Config: { tag: wrong } } } },
      { HostConfig: { Ulimits: [{ Name: wrong }] } },
      { HostConfig: { Ulimits: [wrong], BlkioDeviceReadBps: [wrong] } },
      { HostConfig: { Mounts: [{ Type: 'bind', Source: wrong, Target: wrong }] } },
      { HostConfig: { Mounts: [{ Type: 'tmpfs', Target: '/t', TmpfsOptions: { Options: wrong } }] } },
      { NetworkingConfig: { EndpointsConfig: { n: { Aliases: wrong, Links: wrong, MacAddress: wrong, IPAMConfig: { IPv4Address: wrong } } } } },
    ],
  ],
  exec: [(body) => parseExecBody(body), (wrong) => [{ DetachKeys: wrong }, { User: wrong, WorkingDir: wrong }]],
  network: [(body) => decodeCreate(body), (wrong) => [{ Name: 'n', IPAM: { Config: wrong } }, { Name: 'n', IPAM: { Config: [{ Subnet: wrong }] } }]],
  build: [(body) => decodeBuildQuery(createQuery(new URLSearchParams(Object.fromEntries(Object.entries(body).map(([name, value]) => [name, JSON.stringify(value)]))).toString()), {}), (wrong) => [{ labels: wrong }, { buildargs: wrong }, { ulimits: [wrong] }, { cachefrom: [wrong] }]],
}

test.each(Object.keys(BODIES))('whatever the fields of a %s hold, it is taken or refused as wrong', (name) => {
  const [decode, bodies] = BODIES[name]!
  for (const body of WRONG.flatMap((wrong) => bodies(wrong))) {
    try {
      decode(body)
    } catch (error) {
      expect(error, JSON.stringify(body)).toMatchObject({ code: 'invalid-argument' })
    }
  }
  expect(() => decode(bodies(1)[0]!)).toThrow()
})

test('credentials that are no text are none', () => {
  const headers = { 'x-registry-auth': Buffer.from('{"username":"me","serveraddress":1}').toString('base64url') }
  expect(registryAuthOf({ request: { headers } } as never)).toBeUndefined()
})
