import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseAnsi, plainText } from './ansi.ts'

test('a plain line is one segment, untouched', () => {
  expect(parseAnsi('<b>hello</b> & goodbye')).toEqual([{ text: '<b>hello</b> & goodbye', style: {} }])
})

test('basic, bright and background colours begin and end where the line says', () => {
  expect(parseAnsi('a\x1b[31mred\x1b[0mb\x1b[94;41mx\x1b[39;49my')).toEqual([
    { text: 'a', style: {} },
    { text: 'red', style: { foreground: 1 } },
    { text: 'b', style: {} },
    { text: 'x', style: { foreground: 12, background: 1 } },
    { text: 'y', style: { foreground: undefined, background: undefined } },
  ])
})

test('palette and true colours become numbers, never text from the container', () => {
  expect(parseAnsi('\x1b[38;5;9ma\x1b[38;5;196mb\x1b[48;5;244mc\x1b[38;2;1;999;-3md').map(({ style }) => style)).toEqual([
    { foreground: 9 },
    { foreground: 'rgb(255 0 0)' },
    { foreground: 'rgb(255 0 0)', background: 'rgb(128 128 128)' },
  ])
})

test.each([
  ['titles', 'a\x1b]0;pwned\x07b'],
  ['clipboard writes', 'a\x1b]52;c;aGVsbG8=\x1b\\b'],
  ['hyperlinks', '\x1b]8;;javascript:alert(1)\x07ab\x1b]8;;\x07'],
  ['cursor movement', 'a\x1b[2J\x1b[10;20H\x1b[?25lb'],
  ['device strings', 'a\x1bP1$r0m\x1b\\b'],
  ['an unfinished command at the end', 'ab\x1b]52;c;AAAA'],
  ['single controls', 'a\x00\x07\x08\x7f\x9bb'.replace('\x9b', '')],
])('%s are dropped', (_, line) => {
  expect(plainText(line)).toBe('ab')
})

test('a carriage return begins the line again, as progress bars do; one at the end is part of the line end', () => {
  expect(plainText('10%\r50%\r100%')).toBe('100%')
  expect(plainText('done\r')).toBe('done')
})

test('tabs reach the next eighth column', () => {
  expect(plainText('a\tb\t\tc')).toBe(`a${' '.repeat(7)}b${' '.repeat(15)}c`)
})

test('whatever is printed, no control character is left and the segments join to the plain text', () => {
  const piece = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\x1b[', '\x1b]', '\x1b[31m', '\x07', '\x1b', '\r', '\t', 'm', ';'))
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const line = pieces.join('')
      const joined = parseAnsi(line).map(({ text }) => text).join('')
      expect(joined).toBe(plainText(line))
      // eslint-disable-next-line no-control-regex -- they are what must not be there
      expect(joined).not.toMatch(/[\x00-\x1f\x7f-\x9f]/)
    }),
  )
})
