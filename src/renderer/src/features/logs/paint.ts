import type { AnsiStyle, Segment } from './ansi.ts'
import type { Range } from './log-search.ts'

export interface Piece {
  text: string
  style: AnsiStyle
  match: boolean
}

/** The pieces of `from`..`to` of a line, cut where its colours change and where matches begin and end. */
export function paint(segments: readonly Segment[], ranges: readonly Range[], from: number, to: number): Piece[] {
  const pieces: Piece[] = []
  let start = 0
  for (const { text, style } of segments) {
    const end = start + text.length
    const cuts = [Math.max(start, from), ...ranges.flatMap((range) => [range.from, range.to]).filter((cut) => cut > Math.max(start, from) && cut < Math.min(end, to)), Math.min(end, to)]
    for (let index = 1; index < cuts.length; index++) {
      const [left, right] = [cuts[index - 1] ?? 0, cuts[index] ?? 0]
      if (right > left) pieces.push({ text: text.slice(left - start, right - start), style, match: ranges.some((range) => range.from <= left && range.to >= right) })
    }
    start = end
  }
  return pieces
}

const colour = (value: number | string) => (typeof value === 'number' ? `var(--ansi-${value})` : value)

/** CSS of a style: colours come from numbers alone, so nothing a container printed reaches the style sheet. */
export function cssOf({ foreground, background, bold, dim, italic, underline, inverse }: AnsiStyle): Record<string, string> | undefined {
  const [front, back] = inverse ? [background ?? 'var(--surface)', foreground ?? 'var(--ink)'] : [foreground, background]
  const css: Record<string, string> = {}
  if (front !== undefined) css.color = colour(front)
  if (back !== undefined) css.backgroundColor = colour(back)
  if (bold) css.fontWeight = '700'
  if (dim) css.opacity = '0.7'
  if (italic) css.fontStyle = 'italic'
  if (underline) css.textDecoration = 'underline'
  return Object.keys(css).length > 0 ? css : undefined
}
