/** Words as a command line that `splitWords` takes apart again. */
export const joinWords = (words: readonly string[]): string => words.map((word) => (/^[^\s"'\\]+$/.test(word) ? word : `"${word.replace(/["\\]/g, '\\$&')}"`)).join(' ')

/** Splits a command line into words as a shell would: quotes group, a backslash takes the next character as it is. Nothing is expanded. */
export function splitWords(line: string): string[] {
  const words: string[] = []
  let word: string | undefined
  let quote: string | undefined
  for (let index = 0; index < line.length; index++) {
    const character = line[index] as string
    if (character === '\\' && quote !== "'" && index + 1 < line.length) word = (word ?? '') + line[++index]
    else if (quote !== undefined) [word, quote] = character === quote ? [word ?? '', undefined] : [(word ?? '') + character, quote]
    else if (character === '"' || character === "'") [word, quote] = [word ?? '', character]
    else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else word = (word ?? '') + character
  }
  return word === undefined ? words : [...words, word]
}
