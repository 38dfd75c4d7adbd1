/**
 * Tags of a repository as one looks for them: `latest`, other words (`stable`, `alpine`), versions from the newest, each plain before its variants
 * (`1.27`, `1.27-alpine`), and last what no one types: digests and dates of builds.
 */
export function sortTags(tags: readonly string[]): string[] {
  return tags.map(keyOf).sort(compare).map(({ tag }) => tag)
}

interface Key {
  tag: string
  group: number
  version: readonly number[]
  variant: string
}

/** `1.27.3-alpine`: the version, and what follows it. A number alone of so many digits is a date or the number of a build. */
const VERSION = /^v?(\d{1,5}(?:\.\d{1,5})*)(?:[-_.]?(.*))$/
const MACHINE = /^(sha\d+-.*|[0-9a-f]{12,}|\d{6,}.*)$/

function keyOf(tag: string): Key {
  if (tag === 'latest') return { tag, group: 0, version: [], variant: '' }
  if (MACHINE.test(tag)) return { tag, group: 3, version: [], variant: tag }
  const [, numbers, variant = ''] = VERSION.exec(tag) ?? []
  return numbers === undefined ? { tag, group: 1, version: [], variant: tag } : { tag, group: 2, version: numbers.split('.').map(Number), variant }
}

/** Newest first; of `1.27` and `1.27.3` the one that says more, as it is never the older. */
function compare(a: Key, b: Key): number {
  if (a.group !== b.group) return a.group - b.group
  for (let part = 0; part < Math.max(a.version.length, b.version.length); part++) {
    const difference = (b.version[part] ?? -1) - (a.version[part] ?? -1)
    if (difference !== 0) return difference
  }
  if (a.group === 1 && a.tag.length !== b.tag.length) return a.tag.length - b.tag.length
  return textOrder(a.variant, b.variant) || textOrder(a.tag, b.tag)
}

const textOrder = (a: string, b: string) => (a < b ? -1 : Number(a > b))
