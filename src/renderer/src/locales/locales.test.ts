import { expect, test } from 'vitest'
import { parse } from 'vue/compiler-sfc'
import en from './en/index.ts'
import fr from './fr/index.ts'
import { i18n, resolveLanguage, setLanguage } from './i18n.ts'
import { WORK_KINDS } from '../stores/work.ts'

const everything = import.meta.glob<string>(['../**/*.vue', '../**/*.ts'], { query: '?raw', import: 'default', eager: true })
const sources = Object.keys(everything).filter((path) => !/\.test\.ts$|\/engine-fake\//.test(path))
const read = (path: string) => everything[path] ?? ''

function flatten(value: object, path = ''): [string, string][] {
  return Object.entries(value).flatMap(([key, item]) => (typeof item === 'string' ? [[`${path}${key}`, item] as [string, string]] : flatten(item as object, `${path}${key}.`)))
}
const english = new Map(flatten(en))
const french = new Map(flatten(fr))
const names = (message: string) => new Set([...message.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).filter((name) => name !== 'n'))

test('both languages have the same keys, forms and placeholders, and none is empty', () => {
  expect([...french.keys()].sort()).toEqual([...english.keys()].sort())
  for (const [key, message] of english) {
    const other = french.get(key) ?? ''
    expect.soft(other.trim(), key).not.toBe('')
    expect.soft(other.split('|').length, key).toBe(message.split('|').length)
    expect.soft(names(other), key).toEqual(names(message))
  }
})

test('every key that is asked for is there, and every key that is there is asked for', () => {
  const code = sources.filter((path) => !/^\.\/|\/locales\//.test(path)).map(read).join('\n')
  const asked = [...code.matchAll(/\bt\(\s*'([\w.-]+)'/g)].map(([, key]) => key as string)
  const composed = [...code.matchAll(/\bt\(\s*`([^`]+)`/g), ...code.matchAll(/`((?:errors|engine)\.[\w.]*\$\{[^`]+)`/g)].map(([, key]) => key as string)
  for (const key of asked) expect.soft(english.has(key), key).toBe(true)
  const patterns = composed.map((key) => new RegExp(`^${key.replace(/\$\{[^}]*\}/g, '\0').replace(/[.]/g, '\\.').replaceAll('\0', '.+')}$`))
  const conditional = [...code.matchAll(/'([a-z]+(?:\.[\w-]+)+)'/gi)].map(([, key]) => key as string)
  const used = new Set([...asked, ...conditional])
  const unused = [...english.keys()].filter((key) => !used.has(key) && !patterns.some((pattern) => pattern.test(key)))
  expect(unused).toEqual([])
})

test('every kind of work has its line in the status line', () => {
  expect(WORK_KINDS.filter((kind) => !english.has(`frame.work.${kind}`))).toEqual([])
})

/** Words that are the same in every language: names, units, examples of what is typed. */
const EXEMPT = /^[\s\d\W]*$|^(tmpfs|root|NAME|nginx:latest|https:\/\/mirror\.example\.org|\/data|\/data\/images\.tar|team\/app:1\.0|80|API|10m|base=10\.64\.0\.0\/12,size=24|registry\.local,\.example\.org|registry\.local:5000|ghcr\.io)$/

interface Node {
  type: number
  content?: unknown
  children?: Node[]
  props?: { type: number; name: string; value?: { content: string } }[]
}
const SPOKEN = new Set(['title', 'label', 'placeholder', 'aria-label', 'alt', 'text', 'hint'])

/** Text nodes (2) and spoken static attributes (6) of a template's tree. */
function textsOf(node: Node): string[] {
  const own = node.type === 2 && typeof node.content === 'string' ? [node.content.trim()] : []
  const attributes = (node.props ?? []).filter(({ type, name }) => type === 6 && SPOKEN.has(name)).map(({ value }) => value?.content ?? '')
  return [...own, ...attributes, ...(node.children ?? []).flatMap(textsOf)].filter((text) => text !== '')
}

test('no template says anything that is not in the language files', { timeout: 60_000 }, () => {
  const said = sources
    .filter((path) => path.endsWith('.vue'))
    .flatMap((path) => textsOf((parse(read(path)).descriptor.template?.ast ?? { type: 0 }) as unknown as Node).map((text) => `${path}: ${text}`))
    .filter((line) => !EXEMPT.test(line.slice(line.indexOf(': ') + 2)))
  expect(said).toEqual([])
})

test('no template makes markup of text', () => {
  for (const path of sources) expect.soft(read(path), path).not.toMatch(/v-html|innerHTML|insertAdjacentHTML|document\.write/)
})

test('plurals: English has one and many, French counts none as one', () => {
  setLanguageQuietly('en')
  expect([0, 1, 2].map((n) => i18n.global.t('frame.running', n))).toEqual(['nothing running', '1 running', '2 running'])
  expect([0, 1, 2].map((n) => i18n.global.t('common.selected', n))).toEqual(['0 selected', '1 selected', '2 selected'])
  setLanguageQuietly('fr')
  expect([0, 1, 2].map((n) => i18n.global.t('common.selected', n))).toEqual(['0 élément sélectionné', '1 élément sélectionné', '2 éléments sélectionnés'])
})

test('the language is the chosen one, else the first of the system that there is', () => {
  expect([resolveLanguage('fr', []), resolveLanguage('system', ['de', 'fr-CA', 'en']), resolveLanguage('system', ['de'])]).toEqual(['fr', 'fr', 'en'])
})

function setLanguageQuietly(language: 'en' | 'fr') {
  globalThis.document ??= { documentElement: {} } as unknown as Document
  setLanguage(language)
}
