import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Licence } from '#shared/contract/app.ts'
import { EngineError, messageOf } from '#shared/errors.ts'
import { findProjectRoot } from './project-root.ts'

/** Of everything by others that is in the app, as the build found it (scripts/licences.mjs). */
export async function licences(): Promise<Licence[]> {
  const file = join(findProjectRoot(import.meta.dirname), 'out/licences.json')
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new EngineError('not-found', `${file} cannot be read (${messageOf(error)}).`, { hint: 'Install Slipway again.', cause: error })
  })
  return JSON.parse(text) as Licence[]
}
