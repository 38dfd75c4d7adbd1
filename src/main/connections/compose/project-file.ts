import { readFile } from 'node:fs/promises'
import { EngineError, messageOf } from '#shared/errors.ts'
import type { ComposeConfigFile } from './compose-config.ts'

/** A config or a secret of a project. */
export interface ProjectFile {
  name: string
  /** Undefined: it must be there. */
  value: Buffer | undefined
}

export async function readProjectFile(name: string, { file, environment: variable, content, external }: ComposeConfigFile, environment: NodeJS.ProcessEnv): Promise<ProjectFile> {
  if (external) return { name, value: undefined }
  if (content !== undefined) return { name, value: Buffer.from(content) }
  if (variable !== undefined) return { name, value: Buffer.from(environment[variable] ?? '') }
  try {
    return { name, value: await readFile(file ?? '') }
  } catch (error) {
    throw new EngineError('not-found', `${file ?? name} cannot be read (${messageOf(error)}).`, { reason: 'no-compose-file', field: 'file' })
  }
}
