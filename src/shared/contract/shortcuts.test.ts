import { expect, test } from 'vitest'
import { commandKeys, keysOfCommand, refusalOf, shortcutsShape, type CommandName } from './shortcuts.ts'

test('no two commands have the same keys by themselves, and none is needed elsewhere', () => {
  for (const [name, keys] of Object.entries(commandKeys)) expect(refusalOf(name as CommandName, keys, {}), name).toBeUndefined()
})

test('keys that another command has, that lists need, or that nobody can press are refused', () => {
  expect(refusalOf('palette', 'mod+f', {})).toEqual({ kind: 'taken', by: 'find' })
  expect(refusalOf('palette', 'mod+f', { find: 'mod+g' })).toBeUndefined()
  expect(refusalOf('palette', 'mod+g', { find: 'mod+g' })).toEqual({ kind: 'taken', by: 'find' })
  for (const keys of ['escape', 'del', 'mod+c', 'c', 'shift+f10']) expect(refusalOf('palette', keys, {}), keys).toEqual({ kind: 'reserved' })
  for (const keys of ['', 'mod+', 'k+mod', 'shift+mod+k', 'K', 'mod k', 'mod']) expect(refusalOf('palette', keys, {})?.kind ?? keys, keys).toMatch(keys === 'mod' ? 'mod' : 'unwritable')
})

test('what is kept is what differs, whole and without conflict', () => {
  expect(shortcutsShape({ palette: 'mod+p', find: 'mod+f', ofTomorrow: 'x' }, 'shortcuts')).toEqual({ palette: 'mod+p' })
  // Two that change places are no conflict.
  const swapped = shortcutsShape({ home: 'mod+2', containers: 'mod+1' }, 'shortcuts')
  expect([keysOfCommand('home', swapped), keysOfCommand('containers', swapped), keysOfCommand('images', swapped)]).toEqual(['mod+2', 'mod+1', 'mod+3'])
  expect(() => shortcutsShape({ home: 'mod+2' }, 'shortcuts')).toThrow('shortcut of containers already')
  expect(() => shortcutsShape({ home: 'escape' }, 'shortcuts')).toThrow()
  expect(() => shortcutsShape({ home: 5 }, 'shortcuts')).toThrow()
})
