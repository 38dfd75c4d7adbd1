/** A step of an image's history as the Dockerfile had it, without what the builders wrap around. */
export function stepInstruction(createdBy: string): { keyword: string; rest: string } {
  const plain = createdBy
    .replace(/\s*# buildkit$/, '')
    .replace(/^\|\d+ (?:\S+=(?:"[^"]*"|\S*) )*/, '')
    .replace(/^\/bin\/sh -c #\(nop\)\s+/, '')
    .replace(/^RUN (?:\|\d+ (?:\S+=(?:"[^"]*"|\S*) )*)?\/bin\/sh -c\s+/, 'RUN ')
    .replace(/^\/bin\/(?:ba)?sh -c\s+/, 'RUN ')
    .trim()
  const [, keyword, rest = ''] = /^([A-Z]+)\s+(.*)$/s.exec(plain) ?? []
  return keyword ? { keyword, rest: rest.replace(/\s+/g, ' ') } : { keyword: '', rest: plain.replace(/\s+/g, ' ') }
}
