import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Inputs of one reader: by name what somebody thought of or what was once found, by hash what reached a piece of the reader that nothing before it did. */
export function corpusOf(reader: 'dns' | 'frames' | 'ignore' | 'manifests' | 'references' | 'tar'): Buffer[] {
  const folder = join(import.meta.dirname, 'corpus', reader)
  return readdirSync(folder).sort().map((name) => readFileSync(join(folder, name)))
}
