import { expect, test } from 'vitest'
import { keyCaps, matchesKeys } from './keys.ts'

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
