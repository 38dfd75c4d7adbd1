import { expect, test } from 'vitest'
import { keyCaps, keysOf, matchesKeys, useChosenKeys } from './keys.ts'

const press = (key: string, held: Partial<KeyboardEvent> = {}) => ({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...held }) as KeyboardEvent

test('mod is Command on a Mac and Control elsewhere', () => {
  expect(keyCaps('mod+k', true)).toEqual(['⌘', 'K'])
  expect(keyCaps('mod+shift+c', false)).toEqual(['Ctrl', 'Shift', 'C'])
  expect(matchesKeys(press('k', { metaKey: true }), 'mod+k', true)).toBe(true)
  expect(matchesKeys(press('k', { ctrlKey: true }), 'mod+k', false)).toBe(true)
  expect(matchesKeys(press('k', { ctrlKey: true, shiftKey: true }), 'mod+k', false)).toBe(false)
})

test('a slash counts wherever the keyboard has it', () => {
  expect(matchesKeys(press('/', { shiftKey: true }), '/', false)).toBe(true)
})

test('the keys of a command are those that the user chose', () => {
  expect(keyCaps('@palette', false)).toEqual(['Ctrl', 'K'])
  useChosenKeys({ palette: 'mod+alt+j', find: 'mod++' })
  expect(keyCaps('@palette', false)).toEqual(['Ctrl', 'Alt', 'J'])
  expect(keyCaps('@find', false)).toEqual(['Ctrl', '+'])
  expect(matchesKeys(press('j', { ctrlKey: true, altKey: true }), '@palette', false)).toBe(true)
  expect(matchesKeys(press('k', { ctrlKey: true }), '@palette', false)).toBe(false)
  expect(matchesKeys(press('+', { ctrlKey: true }), '@find', false)).toBe(true)
  useChosenKeys({})
})

test.each([
  [{ ctrlKey: true }, 'k', 'mod+k'],
  [{ ctrlKey: true, shiftKey: true, altKey: true }, 'P', 'mod+alt+shift+p'],
  [{ shiftKey: true }, '?', '?'],
  [{}, ' ', 'space'],
  [{ ctrlKey: true }, 'Enter', 'mod+enter'],
  [{}, 'ArrowUp', 'up'],
  [{ ctrlKey: true }, 'Control', undefined],
])('what is pressed is written as it is matched: %j %s', (held, key, written) => {
  expect(keysOf(press(key, held), false)).toBe(written)
  if (written !== undefined) expect(matchesKeys(press(key, held), written, false)).toBe(true)
})
