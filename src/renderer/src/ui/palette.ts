import type { Component } from 'vue'
import type { StateLook } from './state-look.ts'

export type PaletteGroup = 'recent' | 'actions' | 'pages' | 'containers' | 'projects' | 'images' | 'builds' | 'volumes' | 'networks' | 'settings'

/** One line of the command palette. A feature offers its own in `features/<noun>/palette-items.ts`, named in app/palette-items.ts. */
export interface PaletteItem {
  id: string
  label: string
  group: PaletteGroup
  icon: Component
  note?: string
  keys?: string
  look?: StateLook
  /** Only found by typing: one of many deeds for each of many things. */
  deep?: boolean
  run: () => void
}

/** How well a label answers what was typed: 0 not at all, more is better. Words may come in any order; else every letter must occur in order. */
export function paletteScore(label: string, query: string): number {
  const [text, needle] = [label.toLowerCase(), query.toLowerCase().trim()]
  if (needle === '') return 1
  const at = text.indexOf(needle)
  if (at >= 0) return at === 0 ? 100 : /[\s/:_-]/.test(text[at - 1] ?? '') ? 80 : 60
  if (/\s/.test(needle) && needle.split(/\s+/).every((word) => text.includes(word))) return 40
  let position = -1
  for (const letter of needle) {
    position = text.indexOf(letter, position + 1)
    if (position < 0) return 0
  }
  return 10
}

/** The best answers, best first; without a question, what needs no typing. What was used lately comes before what was not. */
export function findItems(items: readonly PaletteItem[], query: string, recent: readonly string[], limit: number): PaletteItem[] {
  const age = new Map(recent.map((key, index) => [key, index]))
  if (query.trim() === '') {
    const used = items.filter((item) => age.has(keyOf(item))).toSorted((a, b) => (age.get(keyOf(a)) ?? 0) - (age.get(keyOf(b)) ?? 0))
    return [...used.slice(0, 6).map((item) => ({ ...item, group: 'recent' as const })), ...items.filter(({ deep }) => !deep)].slice(0, limit)
  }
  return items
    .map((item) => ({ item, score: paletteScore(item.label, query) - (item.deep ? 5 : 0) + (age.has(keyOf(item)) ? 8 : 0) }))
    .filter(({ item, score }) => score > (item.deep ? 10 : 0) && paletteScore(item.label, query) > 0)
    .sort((a, b) => b.score - a.score)
    .slice(0, limit)
    .map(({ item }) => item)
}

/** What is remembered of a chosen item. */
export const keyOf = ({ id }: PaletteItem): string => id
