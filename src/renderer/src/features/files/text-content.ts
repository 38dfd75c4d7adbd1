/** The text of a file, if that is what it is, and how to write it back byte for byte where nothing was changed. */
export type TextContent = { kind: 'text'; text: string; lineEnd: '\n' | '\r\n'; editable: boolean } | { kind: 'binary' }

/** Bytes looked at to tell text from the rest, as git and grep do. */
const LOOK = 8_000

export function readText(bytes: Uint8Array, whole: boolean): TextContent {
  if (bytes.subarray(0, LOOK).includes(0)) return { kind: 'binary' }
  const decoded = decode(bytes, whole)
  const lineEnd = decoded.text.includes('\r\n') ? '\r\n' : '\n'
  const text = decoded.text.replaceAll('\r\n', '\n')
  // A lone or a mixed line end would not survive an editor of lines.
  const faithful = !text.includes('\r') && (lineEnd === '\n' || text.split('\n').length === decoded.text.split('\r\n').length)
  return { kind: 'text', text, lineEnd, editable: whole && decoded.certain && faithful }
}

export const writeText = (text: string, lineEnd: '\n' | '\r\n'): string => (lineEnd === '\n' ? text : text.replaceAll('\n', '\r\n'))

/** A mark at the beginning (BOM) stays. A cut may have gone through a character. */
function decode(bytes: Uint8Array, whole: boolean): { text: string; certain: boolean } {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream: !whole }), certain: true }
  } catch {
    return { text: new TextDecoder('latin1').decode(bytes), certain: false }
  }
}
