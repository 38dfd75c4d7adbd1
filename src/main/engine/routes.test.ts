import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { statusOf, toEngineError } from './api/errors.ts'
import type { Exchange, Route } from './api/router.ts'
import { engineRoutes, type Services } from './routes.ts'

const TABLE = readFileSync(join(import.meta.dirname, '../../../docs/api.md'), 'utf8')

interface Row {
  path: string
  state: string
}
/** Rows of docs/api.md as `GET /images/{}/json`: names of parameters do not matter. */
const rows = new Map([...TABLE.matchAll(/^\| (GET|HEAD|POST|PUT|DELETE) \| (\S+) \| ([a-z]+(?: \d{3})?) \|/gm)].map(([, method, path = '', state = '']): [string, Row] => [`${method} ${path.replace(/\{\w+\}/g, '{}')}`, { path, state }]))
/** Routes are made from services that nothing is asked of before a request comes. */
const routes = new Map(engineRoutes({ layout: {} } as unknown as Services).map((route): [string, Route] => [`${route.method} ${route.path.replace(/[:*]\w+/g, '{}')}`, route]))

test('docs/api.md names every path of the router', () => {
  expect([...routes.keys()].filter((key) => !rows.has(key))).toEqual([])
})

test('docs/api.md says of no path that it is there when it is not, nor the other way round', () => {
  expect([...rows].filter(([key, { state }]) => (state === 'missing') === routes.has(key)).map(([key]) => key)).toEqual([])
})

test('the states are those that docs/api.md explains, and what is partly done says what lacks', () => {
  for (const [key, { state }] of rows) expect([key, state]).toEqual([key, expect.stringMatching(/^(done|partly|missing|refused \d{3})$/)])
  expect(TABLE).not.toMatch(/\| partly \| \|/)
})

test('what is refused is refused with that status', async () => {
  const exchange = { params: {}, query: { text: () => undefined } } as unknown as Exchange
  for (const [key, { state }] of rows) {
    if (!state.startsWith('refused')) continue
    const thrown = await Promise.resolve().then(() => routes.get(key)?.handle(exchange)).then(() => undefined, toEngineError)
    expect([key, thrown && `refused ${statusOf(thrown)}`]).toEqual([key, state])
  }
})
