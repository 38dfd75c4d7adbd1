import type { AnsiStyle, Segment } from './ansi.ts'
import type { Range } from './log-search.ts'

export interface Piece {
  text: string
  /** As `cssOf` says it. */
  css: string | undefined
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
      if (right > left) pieces.push({ text: text.slice(left - start, right - start), css: cssOf(style), match: ranges.some((range) => range.from <= left && range.to >= right) })
    }
    start = end
  }
  return pieces
}

const colour = (value: number | string) => (typeof value === 'number' ? `var(--ansi-${value})` : value)

/** CSS of a style: colours come from numbers alone, so nothing a container printed reaches the style sheet. */
export function cssOf({ foreground, background, bold, dim, italic, underline, inverse }: AnsiStyle): string | undefined {
  const [front, back] = inverse ? [background ?? 'var(--surface)', foreground ?? 'var(--ink)'] : [foreground, background]
  const parts = [
    front !== undefined && `color: ${colour(front)};`,
    back !== undefined && `background-color: ${colour(back)};`,
    bold && 'font-weight: 700;',
    dim && 'opacity: 0.7;',
    italic && 'font-style: italic;',
    underline && 'text-decoration: underline;',
  ]
  return parts.filter(Boolean).join(' ') || undefined
}
