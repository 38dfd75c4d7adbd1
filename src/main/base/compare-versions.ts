/** Negative when `one` is the older: by their numbers; a version with a word behind them (`1.0.0-beta`) comes before the one without. */
export function compareVersions(one: string, other: string): number {
  const [first, second] = [read(one), read(other)]
  for (let at = 0; at < Math.max(first.numbers.length, second.numbers.length); at++) {
    const difference = (first.numbers[at] ?? 0) - (second.numbers[at] ?? 0)
    if (difference !== 0) return difference
  }
  if (first.word === second.word) return 0
  if (first.word === '' || second.word === '') return first.word === '' ? 1 : -1
  return first.word < second.word ? -1 : 1
}

function read(version: string): { numbers: number[]; word: string } {
  const [, numbers = '', word = ''] = /^v?(\d+(?:\.\d+)*)(?:-([^+]*))?/.exec(version) ?? []
  return { numbers: numbers.split('.').map(Number), word }
}
