import { expect, test } from 'vitest'
import { parseCreateBody, type CreateBody } from './create-body.ts'

const parse = (body: object) => parseCreateBody(body as CreateBody, undefined, undefined)

test('the case of a field’s name does not matter, as with Docker', () => {
  const { config, host } = parse({ image: 'x', Cmd: 'true', hostConfig: { CPURealtimePeriod: 1000, memory: 5 } })
  expect(config).toMatchObject({ Image: 'x', Cmd: ['true'] })
  expect(host).toEqual({ CpuRealtimePeriod: 1000, Memory: 5 })
  expect(() => parse({ hostconfig: { MEMORY: 'much' } })).toThrow('HostConfig.Memory has the wrong type')
})
