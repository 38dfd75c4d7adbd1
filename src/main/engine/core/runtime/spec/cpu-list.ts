/** Far more than a machine has, so that `0-4294967295` does not fill the memory. */
const LARGEST = 8191

/** `0-2,16`: https://man7.org/linux/man-pages/man7/cpuset.7.html (list format). Undefined when it is none. */
export function parseCpuList(text: string): Set<number> | undefined {
  const numbers = new Set<number>()
  for (const part of text.trim().split(',')) {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part.trim())
    if (match === null) return undefined
    const [first, last] = [Number(match[1]), Number(match[2] ?? match[1])]
    if (first > last || last > LARGEST) return undefined
    for (let number = first; number <= last; number++) numbers.add(number)
  }
  return numbers
}
