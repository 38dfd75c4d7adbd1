import { EngineError } from '#shared/errors.ts'
import type { HostConfig } from './config.ts'

/** All drivers that keep logs keep them in the shim's form; they differ by their default limits, as Docker's do. */
export type LogDriver = { name: 'none' } | { name: 'json-file' | 'local'; maxSize: number; maxFiles: number }

const MEBIBYTE = 1024 * 1024
const OPTIONS = new Set(['max-size', 'max-file', 'compress', 'labels', 'labels-regex', 'env', 'env-regex', 'tag', 'mode', 'max-buffer-size'])

/** @throws invalid-argument for a driver or option that is not there. `maxSize` 0: without limit. */
export function logDriverOf(host: HostConfig): LogDriver {
  const name = host.LogConfig?.Type || 'json-file'
  const options = host.LogConfig?.Config ?? {}
  if (name === 'none') return { name }
  if (name !== 'json-file' && name !== 'local') throw new EngineError('invalid-argument', `logger: no log driver named '${name}' is registered`, { field: 'logDriver', hint: 'Use json-file, local or none.' })
  for (const option of Object.keys(options)) if (!OPTIONS.has(option)) throw new EngineError('invalid-argument', `unknown log opt '${option}' for ${name} log driver`, { field: 'logDriver' })
  const defaults = name === 'local' ? { size: 20 * MEBIBYTE, files: 5 } : { size: 0, files: 1 }
  const maxSize = options['max-size'] === undefined ? defaults.size : parseSize(options['max-size'])
  const maxFiles = options['max-file'] === undefined ? defaults.files : Number(options['max-file'])
  if (!Number.isInteger(maxFiles) || maxFiles < 1) throw new EngineError('invalid-argument', `max-file cannot be less than 1`, { field: 'logDriver' })
  if (maxSize === 0 && maxFiles > 1 && name === 'json-file') throw new EngineError('invalid-argument', 'max-file cannot be set without max-size', { field: 'logDriver' })
  return { name, maxSize, maxFiles }
}

/** `10m`, `1.5g`, `-1` for no limit. */
function parseSize(text: string): number {
  if (text === '-1') return 0
  const found = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(text)
  if (!found) throw new EngineError('invalid-argument', `invalid size: '${text}'`, { field: 'logDriver' })
  return Math.floor(Number(found[1]) * 1024 ** ' kmgt'.indexOf((found[2] || ' ').toLowerCase()))
}
