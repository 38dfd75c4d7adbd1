import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isSameValue, keepingSame } from './same-value.ts'

const web = () => ({ id: 'web', state: { status: 'running' }, networks: [{ network: 'shop', aliases: ['web'] }], labels: { a: '1' } })

test('an item that says the same is the one before', () => {
  const before = web()
  expect(keepingSame(before, web())).toBe(before)
})

test('of an item that differs, the fields that say the same are the same things', () => {
  const before = web()
  const next = keepingSame(before, { ...web(), state: { status: 'exited' } })
  expect(next).toEqual({ ...web(), state: { status: 'exited' } })
  expect(next.networks).toBe(before.networks)
  expect(next.labels).toBe(before.labels)
})

test('a field that came, went or has nothing in it is a difference', () => {
  const before: { id: string; compose?: string | undefined } = { id: 'web' }
  expect(keepingSame(before, { id: 'web', compose: undefined })).not.toBe(before)
  expect(keepingSame({ id: 'web', compose: 'shop' }, { id: 'web' })).toEqual({ id: 'web' })
})

test('neither what came nor what was before is written to', () => {
  const [before, next] = [web(), { ...web(), labels: {} }]
  Object.values(next).forEach(Object.freeze)
  expect(keepingSame(Object.freeze(before), Object.freeze(next))).toEqual({ ...web(), labels: {} })
})

test('two values say the same exactly where JSON writes them the same', () => {
  fc.assert(fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
    expect(isSameValue(one, structuredClone(one))).toBe(true)
    expect(isSameValue(one, [other])).toBe(JSON.stringify(one) === JSON.stringify([other]))
  }))
})
