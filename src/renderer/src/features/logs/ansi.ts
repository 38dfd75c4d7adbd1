/**
 * Colours of a line of container output, as data. Only SGR (ECMA-48 8.3.117) is understood; every other control sequence, title,
 * hyperlink and clipboard request included, is dropped. What comes out is text for text nodes, never markup.
 */
export interface AnsiStyle {
  /** 0..15 by the theme, or a CSS rgb() made from numbers. */
  foreground?: number | string
  background?: number | string
  bold?: boolean
  dim?: boolean
  italic?: boolean
  underline?: boolean
  inverse?: boolean
}
export interface Segment {
  text: string
  style: AnsiStyle
}

const TAB = 8
// CSI … final byte | OSC, DCS, SOS, PM, APC up to BEL or ST | two-character escapes | single controls but tab.
// eslint-disable-next-line no-control-regex -- control characters are the subject
const CONTROL = /\x1b\[([0-9:;<=>?]*)[ -/]*([@-~])|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\|$)|\x1b[ -/]*[0-~]?|[\x00-\x08\x0a-\x1f\x7f-\x9f]|\t/g
// eslint-disable-next-line no-control-regex -- control characters are the subject
const NEEDS_PARSING = /[\x00-\x1f\x7f-\x9f]/

/** What a terminal would leave on the line: a lone carriage return begins it again. */
function lastPass(line: string): string {
  if (!line.includes('\r')) return line
  const text = line.replace(/\r+$/, '')
  return text.slice(text.lastIndexOf('\r') + 1)
}

export function parseAnsi(line: string): Segment[] {
  if (!NEEDS_PARSING.test(line)) return [{ text: line, style: {} }]
  const text = lastPass(line)
  const segments: Segment[] = []
  let style: AnsiStyle = {}
  let run = ''
  let width = 0
  let at = 0

  const flush = () => {
    if (run !== '') segments.push({ text: run, style })
    run = ''
  }
  const add = (piece: string) => {
    run += piece
    width += piece.length
  }
  for (const match of text.matchAll(CONTROL)) {
    add(text.slice(at, match.index))
    at = match.index + match[0].length
    if (match[0] === '\t') add(' '.repeat(TAB - (width % TAB)))
    if (match[2] !== 'm') continue
    flush()
    style = applySgr(style, match[1] ?? '')
  }
  add(text.slice(at))
  flush()
  return segments
}

/** The text alone: what the segments of `parseAnsi` join to. */
export function plainText(line: string): string {
  return NEEDS_PARSING.test(line) ? parseAnsi(line).map(({ text }) => text).join('') : line
}

const FLAGS: Record<number, AnsiStyle> = {
  1: { bold: true },
  2: { dim: true },
  3: { italic: true },
  4: { underline: true },
  7: { inverse: true },
  22: { bold: false, dim: false },
  23: { italic: false },
  24: { underline: false },
  27: { inverse: false },
  39: { foreground: undefined },
  49: { background: undefined },
}

function applySgr(before: AnsiStyle, parameters: string): AnsiStyle {
  const codes = parameters.split(/[;:]/).map((code) => (code === '' ? 0 : Number(code)))
  let style = before
  for (let index = 0; index < codes.length; index++) {
    const code = codes[index] ?? 0
    if (code === 38 || code === 48) {
      const { colour, used } = extendedColour(codes.slice(index + 1))
      style = { ...style, [code === 38 ? 'foreground' : 'background']: colour }
      index += used
    } else style = code === 0 ? {} : { ...style, ...(FLAGS[code] ?? basicColour(code)) }
  }
  return style
}

function basicColour(code: number): AnsiStyle {
  if (code >= 30 && code <= 37) return { foreground: code - 30 }
  if (code >= 90 && code <= 97) return { foreground: code - 82 }
  if (code >= 40 && code <= 47) return { background: code - 40 }
  if (code >= 100 && code <= 107) return { background: code - 92 }
  return {}
}

function extendedColour([kind, ...rest]: number[]): { colour: number | string | undefined; used: number } {
  if (kind === 5) return { colour: paletteColour(rest[0] ?? 0), used: 2 }
  if (kind === 2) return { colour: rgb(rest[0], rest[1], rest[2]), used: 4 }
  return { colour: undefined, used: 1 }
}

/** The 256-colour palette: 16 of the theme, a 6×6×6 cube, 24 greys. */
function paletteColour(index: number): number | string {
  if (index < 16) return index
  if (index >= 232) return rgb(8 + (index - 232) * 10, 8 + (index - 232) * 10, 8 + (index - 232) * 10)
  const step = (value: number) => (value === 0 ? 0 : 55 + value * 40)
  const cube = index - 16
  return rgb(step(Math.floor(cube / 36)), step(Math.floor(cube / 6) % 6), step(cube % 6))
}

const channel = (value: number | undefined) => Math.max(0, Math.min(255, Math.trunc(value ?? 0) || 0))
const rgb = (red?: number, green?: number, blue?: number) => `rgb(${channel(red)} ${channel(green)} ${channel(blue)})`
