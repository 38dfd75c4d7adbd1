import { expect, test } from 'vitest'
import { sentences } from './fr/sentences.ts'
import { createInterpreter } from './sentences.ts'

const sources = import.meta.glob<string>(['../../../main/{base,connections,engine-host,ipc,shell}/**/*.ts', '../../../main/engine/{core/host,services/doctor}/**/*.ts', '../../../main/engine/core/registry/*.ts', '../../../main/engine/{core/network/firewall/no-firewall,core/metadata/migrate,core/snapshots/open-snapshotter,services/images/whole-image,services/volumes/storage}.ts', '../../../shared/contract/*.ts', '!**/*.test.ts', '!**/testing/**'], { query: '?raw', import: 'default', eager: true })
const french = createInterpreter(sentences)
const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort()

test('what varies is carried over, and may be a sentence itself', () => {
  expect(french('lab:22 cannot be reached by SSH. There is no host of that name.')).toBe('lab:22 est injoignable par SSH. Aucune machine ne porte ce nom.')
  expect(french('/d/x holds work of a build or transfer that was cut off.')).toBe('/d/x contient le travail d’une construction ou d’un transfert interrompu.')
  expect(french('{odd} $& is not a whole path.')).toBe('{odd} $& n’est pas un chemin complet.')
})

test('a message and its hint in one text', () => {
  expect(french('It is paused. Resume it first.')).toBe('Il est en pause. Reprenez-le d’abord.')
  expect(french('It is paused. Nobody knows why.')).toBe('Il est en pause. Nobody knows why.')
})

test('the more exact form wins, and what is not known stays as it came', () => {
  expect(french('The key /k cannot be read (EACCES).')).toBe('La clé /k ne peut pas être lue (EACCES).')
  expect(french('manifest unknown: manifest unknown')).toBe('manifest unknown: manifest unknown')
})

test('each is complete, there once, and carries the same over', () => {
  expect(new Set(sentences.map(([english]) => english)).size).toBe(sentences.length)
  for (const [english, other] of sentences) {
    expect.soft(holes(other), english).toEqual(holes(english))
    expect.soft(other.trim(), english).not.toBe('')
  }
})

/** Template literals with their expressions as a hole, whatever is within these. */
function plain(source: string): string {
  let [text, depth] = ['', 0]
  for (let at = 0; at < source.length; at++) {
    if (depth === 0 && source.startsWith('${', at)) {
      depth = 1
      at++
      text += '\0'
    } else if (depth > 0) depth += source[at] === '{' ? 1 : source[at] === '}' ? -1 : 0
    else text += source[at]
  }
  return text.replaceAll("\\'", "'")
}
const said = Object.entries(sources).map(([path, source]) => [path, plain(source)] as const)
const samples = sentences.map(([english]) => english.replaceAll(/\{\w+\}/g, 'X'))
const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
/** As a literal of the source can come out. */
const patternOf = (literal: string) => new RegExp(`^${literal.split('\0').map(escaped).join('[^]*')}$`)

test('the sentences of the catalog are said somewhere', () => {
  const literals = new Set(said.flatMap(([, text]) => [...text.matchAll(/'([^'\n]*)'|"([^"\n]*)"|`([^`\n]*)`/g)].map((match) => match[1] ?? match[2] ?? match[3] ?? '')))
  const templates = [...literals].filter((text) => text.includes('\0') && text.replaceAll(/[^a-z]/gi, '').length >= 5).map(patternOf)
  /** Made of parts, of which the longest is a literal. */
  const part = (sample: string) => sample.split('X').map((text) => text.replace(/^[ (]+|[ ()]+\.?$/g, '')).toSorted((a, b) => b.length - a.length)[0] ?? ''
  const unsaid = samples.filter((sample) => !literals.has(sample) && !literals.has(part(sample)) && !templates.some((pattern) => pattern.test(sample)))
  expect(unsaid).toEqual([])
})

/** For programmers, or never seen by the page. */
const UNSEEN = /^Call \0|^There is no (call|stream) named|^--|^Port \0 of 127|^Choose another with --port|^In a browser the page|^Too many (calls|streams)|^Cancelled/

test('what the app’s main process says in an error is in the catalog', () => {
  const own = said.filter(([path]) => /main\/(connections|shell|ipc)\//.test(path))
  const literals = own.flatMap(([, text]) =>
    [...text.matchAll(/new EngineError\(\s*(?:'[\w-]+'|[\w.]+|[^,'()]+\? '[\w-]+' : '[\w-]+'),\s*(?:'([^'\n]+)'|`([^`]+)`)/g), ...text.matchAll(/\bhint: (?:'([^'\n]+)'|`([^`]+)`)/g)].map(([, quoted, template]) => quoted ?? template ?? ''),
  )
  expect(literals.length).toBeGreaterThan(100)
  const missing = [...new Set(literals)].filter((text) => !UNSEEN.test(text) && !samples.some((sample) => patternOf(text).test(sample)))
  expect(missing).toEqual([])
})
