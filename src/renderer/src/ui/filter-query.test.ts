import { expect, test } from 'vitest'
import { formatToken, matchesFilter, parseFilter, pieceAt, settle } from './filter-query.ts'

const keys = ['state', 'label'] as const

test('tokens of known keys, and words', () => {
  expect(parseFilter('state:running web label:"a=b c" http://x other:1', keys)).toEqual({ tokens: [{ key: 'state', value: 'running' }, { key: 'label', value: 'a=b c' }], words: ['web', 'http://x', 'other:1'] })
  expect(parseFilter('state: "', keys)).toEqual({ tokens: [], words: [] })
  expect(formatToken('label', 'a=b c')).toBe('label:"a=b c"')
})

test('values of one key are alternatives; keys and words must all hold', () => {
  const row = { state: ['Running'], label: ['tier', 'tier=front'] }
  const matches = (text: string) => matchesFilter(parseFilter(text, keys), (key) => row[key], () => ['Shop-Web', 'nginx'])
  expect(['state:running', 'state:exited state:running', 'label:tier=front nginx', 'shop WEB'].map(matches)).toEqual([true, true, true, true])
  expect(['state:run ', 'state:running label:other', 'web apache'].map(matches)).toEqual([false, false, false])
})

test('a value that is being typed leaves what it may become, unless it is one already', () => {
  const known = { state: ['healthy', 'unhealthy'], label: ['tier', 'tier-two'] }
  const matches = (text: string, state: string) => matchesFilter(settle(parseFilter(text, keys), (key) => known[key]), (key) => (key === 'state' ? [state] : ['tier-two']), () => ['web'])
  expect([matches('state:heal', 'healthy'), matches('web state:', 'healthy'), matches('state:heal', 'unhealthy'), matches('state:heal web', 'healthy')]).toEqual([true, true, false, false])
  expect([matches('label:tie', 'x'), matches('label:tier', 'x'), matches('label:"tie"', 'x'), matches('label:"tie', 'x')]).toEqual([true, false, false, true])
})

test('the piece under the caret', () => {
  expect(pieceAt('a state:ru b', 10)).toEqual({ piece: 'state:ru', from: 2, to: 10 })
  expect(pieceAt('a ', 2)).toEqual({ piece: '', from: 2, to: 2 })
  expect(pieceAt('label:"a b', 10)).toEqual({ piece: 'label:"a b', from: 0, to: 10 })
})
