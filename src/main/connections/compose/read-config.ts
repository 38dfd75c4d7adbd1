import { EngineError } from '#shared/errors.ts'
import type { Connection } from '../connection.ts'
import type { ComposeConfig } from './compose-config.ts'
import { composeConfig } from './compose.ts'

/** What compose writes could be read by it again: a dollar is two. */
const unescaped = (_key: string, value: unknown): unknown => (typeof value === 'string' ? value.replaceAll('$$', '$') : value)

/** Compose reads the file, by its own rules; what it says is made something else elsewhere (cluster, kubernetes). */
export async function readComposeConfig(connection: Pick<Connection, 'transport'>, file: string, signal: AbortSignal): Promise<ComposeConfig> {
  const { stdout, stderr, code } = await composeConfig(connection, file, signal)
  if (code !== 0) throw new EngineError('invalid-argument', stderr.trim(), { reason: 'compose-refused', field: 'file' })
  return JSON.parse(stdout, unescaped) as ComposeConfig
}
