import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { decodeRegistryConfig } from './wire.ts'

const decode = (text: string) => decodeRegistryConfig({ headers: { 'x-registry-config': Buffer.from(text).toString('base64') } } as unknown as IncomingMessage)

test('credentials of a build; Go’s client without any sends null', () => {
  expect(decode('null')).toEqual({})
  expect(decode('{"r.example":{"username":"me","password":"x"}}')).toMatchObject({ 'r.example': { username: 'me', password: 'x', serverAddress: 'r.example' } })
  expect(() => decode('[')).toThrow('X-Registry-Config')
})
