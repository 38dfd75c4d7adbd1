export interface HeredocStart {
  name: string
  expand: boolean
  stripTabs: boolean
  fileDescriptor: number
}

const MARKER = /^(\d*)<<(-?)(["']?)([a-zA-Z_][a-zA-Z0-9_.]*)\3$/

/** Here-document markers of a logical line, in order. A marker is a word of its own; `<<` inside quotes or arithmetic is none. */
export function findHeredocs(line: string): HeredocStart[] {
  return shellWords(line).flatMap((word) => {
    const match = MARKER.exec(word)
    return match ? [{ fileDescriptor: match[1] === '' ? 0 : Number(match[1]), stripTabs: match[2] === '-', expand: match[3] === '', name: match[4]! }] : []
  })
}

/** Splits at white space outside quotes; quotes stay part of the word. `cat <<EOF` and `cat<<EOF` both hold a marker. */
function shellWords(line: string): string[] {
  const words: string[] = []
  let word = ''
  let quote = ''
  const flush = () => {
    if (word !== '') words.push(word)
    word = ''
  }
  for (let at = 0; at < line.length; at++) {
    const char = line[at]!
    if (quote) {
      word += char
      if (char === quote) quote = ''
    } else if (char === '"' || char === "'") {
      word += char
      quote = char
    } else if (/[\s|&;()]/.test(char)) {
      flush()
    } else if (char === '<' && line.startsWith('<<', at) && !/^\d*$/.test(word)) {
      flush()
      word = '<'
    } else if (char === '>' ) {
      flush()
      word = '>'
    } else {
      word += char
    }
  }
  flush()
  return words
}
