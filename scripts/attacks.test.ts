import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { DEFENCES } from '../e2e/faults/defences.ts'

const root = join(import.meta.dirname, '..')
const rows = readFileSync(join(root, 'docs/attacks.md'), 'utf8').split('\n').flatMap((line) => {
  const [, number, attack, shown] = /^\| (\d+) \| (.*) \| (.*) \|$/.exec(line) ?? []
  return number === undefined ? [] : [{ number: Number(number), attack: attack!, shown: shown! }]
})
const files = globSync(['src/**/*.test.ts', 'e2e/**/*.test.ts', 'native/**/*.test.ts', 'scripts/**/*.test.ts'], { cwd: root })

test('every case has its row, and every test that is named there is in a file', () => {
  expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 45 }, (_row, index) => index + 1))
  const missing: string[] = []
  for (const { number, shown } of rows) {
    const named = [...shown.matchAll(/`([^`]+\.test\.ts)`: "([^"]+)"/g)]
    // The one case that is a refusal to have the thing at all.
    if (named.length === 0 && number !== 37) missing.push(`${number} names no test`)
    for (const [, file, words] of named) {
      const texts = files.filter((path) => basename(path) === file).map((path) => readFileSync(join(root, path), 'utf8'))
      const titled = texts.some((text) => text.split('\n').some((line) => /\b(?:test|it)\b.*\(/.test(line) && line.includes(words!)))
      if (!titled) missing.push(`${number}: ${file}: ${words}`)
    }
  }
  expect(missing).toEqual([])
})

test('every defence that is taken out for its test is where it is taken out', () => {
  const gone = DEFENCES.filter(([, file, from]) => {
    const whole = readFileSync(join(root, file), 'utf8')
    return typeof from === 'string' ? !whole.includes(from) : !from.test(whole)
  })
  expect(gone.map(([number, file]) => `${number}: ${file}`)).toEqual([])
})

test('so is every test that security.md names', () => {
  const missing: string[] = []
  for (const line of readFileSync(join(root, 'docs/security.md'), 'utf8').split('\n').filter((one) => one.startsWith('| '))) {
    let texts: string[] = []
    for (const [, file, words] of line.split('|').at(-2)!.matchAll(/`([\w/.-]+\.test\.ts)`|"([^"]+)"/g)) {
      if (file !== undefined) texts = files.filter((path) => path.endsWith(file)).map((path) => readFileSync(join(root, path), 'utf8'))
      if (file !== undefined && texts.length === 0) missing.push(file)
      if (words !== undefined && !texts.some((text) => text.includes(words.replace(/…$/, '')))) missing.push(words)
    }
  }
  expect(missing).toEqual([])
})
