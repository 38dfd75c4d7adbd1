import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The folder with package.json at or above `start`, whether it runs from source, from out/ or from a package. */
export function findProjectRoot(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder
    if (folder === dirname(folder)) throw new Error(`No package.json above ${start}.`)
  }
}
