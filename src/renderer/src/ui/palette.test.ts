import { expect, test } from 'vitest'
import { findItems, paletteScore, type PaletteItem } from './palette.ts'

const item = (label: string, more: Partial<PaletteItem> = {}): PaletteItem => ({ id: label, label, group: 'containers', icon: {}, run: () => {}, ...more })
const labels = (items: PaletteItem[]) => items.map(({ label }) => label)

test('the beginning beats the beginning of a word, which beats the middle, which beats words apart, which beat letters', () => {
  const scores = ['web', 'shop-web', 'cobweb', 'w_e_b'].map((label) => paletteScore(label, 'web'))
  expect(scores).toEqual([...scores].sort((a, b) => b - a))
  expect(new Set(scores).size).toBe(4)
  expect(paletteScore('Stop shop-web', 'web stop')).toBeGreaterThan(paletteScore('s-t-o-p w-e-b', 'stop web'))
  expect(paletteScore('web', 'db')).toBe(0)
})

test('deeds of single things are found by typing only, after the things themselves, and not by scattered letters', () => {
  const items = [item('Stop web', { deep: true }), item('web'), item('images', { group: 'pages' })]
  expect(labels(findItems(items, '', [], 10))).toEqual(['web', 'images'])
  expect(labels(findItems(items, 'web', [], 10))).toEqual(['web', 'Stop web'])
  expect(labels(findItems(items, 'sw', [], 10))).toEqual([])
})

test('what was used lately comes first, the latest at the top, and its place stays', () => {
  const items = [item('a'), item('b'), item('c')]
  const found = findItems(items, '', ['c', 'b', 'gone'], 10)
  expect(found.map(({ label, group }) => `${group} ${label}`)).toEqual(['recent c', 'recent b', 'containers a', 'containers b', 'containers c'])
})
