import { expect, test } from 'vitest'
import { parseConfig } from './read-config.ts'

const parse = (config: object) => parseConfig(Buffer.from(JSON.stringify(config)))

test('what an image need not say is filled in', () =>
  expect(parse({ config: { Env: null, Cmd: ['sh'] } })).toEqual({ os: 'linux', architecture: '', config: { Env: null, Cmd: ['sh'] }, rootfs: { type: 'layers', diff_ids: [] } }))

test.each([
  [{ config: [] }, 'config'],
  [{ config: { Env: 'A=b' } }, 'Env'],
  [{ config: { Env: [null] } }, 'Env'],
  [{ config: { Cmd: 'sh' } }, 'Cmd'],
  [{ config: { User: 0 } }, 'User'],
  [{ config: { WorkingDir: {} } }, 'WorkingDir'],
  [{ config: { Labels: { a: 1 } } }, 'Labels'],
  [{ config: { Healthcheck: { Test: { a: 'b' } } } }, 'Healthcheck'],
  [{ created: 1 }, 'created'],
  [{ history: [null] }, 'history'],
])('%j is refused', (config, field) => expect(() => parse(config)).toThrow(`invalid image config: ${field} has the wrong type`))
