import { readFileSync } from 'node:fs'

/** What os-release(5) says of the machine. */
export interface OsRelease {
  name: string
  /** VERSION_ID; rolling distributions have none. */
  version?: string
  /** ID and ID_LIKE, most specific first: `ubuntu`, `debian`. */
  families: string[]
}

const PLACES = ['/etc/os-release', '/usr/lib/os-release']

export function readOsRelease(places: readonly string[] = PLACES): OsRelease {
  for (const place of places) {
    try {
      return parseOsRelease(readFileSync(place, 'utf8'))
    } catch {
      continue
    }
  }
  return { name: 'Linux', families: [] }
}

export function parseOsRelease(text: string): OsRelease {
  const fields = new Map<string, string>()
  for (const line of text.split('\n')) {
    const match = /^([A-Z_]+)=(?:"(.*)"|'(.*)'|(.*))$/.exec(line.trim())
    if (match) fields.set(match[1]!, match[2] ?? match[3] ?? match[4] ?? '')
  }
  const families = [fields.get('ID') ?? '', ...(fields.get('ID_LIKE') ?? '').split(' ')].filter(Boolean)
  const version = fields.get('VERSION_ID')
  return { name: fields.get('PRETTY_NAME') ?? fields.get('NAME') ?? 'Linux', ...(version && { version }), families }
}
