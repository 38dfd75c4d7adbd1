import { EngineError } from '#shared/errors.ts'
import type { HostConfig } from './config.ts'

/** All drivers that keep logs keep them in the shim's form; they differ by their default limits, as Docker's do. */
export type LogDriver = { name: 'none' } | { name: 'json-file' | 'local'; maxSize: number; maxFiles: number }

const MEBIBYTE = 1024 * 1024
const COMMON = ['max-size', 'max-file', 'compress', 'labels', 'labels-regex', 'env', 'env-regex', 'tag', 'mode', 'max-buffer-size']
const DEFAULTS = { 'json-file': { size: 0, files: 1 }, local: { size: 20 * MEBIBYTE, files: 5 } }

/** @throws invalid-argument for a driver or option that is not there. `maxSize` 0: without limit. */
export function logDriverOf(host: HostConfig): LogDriver {
  const name = host.LogConfig?.Type || 'json-file'
  const options = host.LogConfig?.Config ?? {}
  checkMode(options)
  if (name === 'none') return { name }
  if (name !== 'json-file' && name !== 'local') throw refusal(`error looking up logging plugin ${name}: plugin "${name}" not found`, 'Use json-file, local or none.')
  for (const option of Object.keys(options)) if (!COMMON.includes(option)) throw refusal(name === 'local' ? `unknown log opt '${option}' for log driver local` : `unknown log opt '${option}' for ${name} log driver`)
  checkPatterns(options)
  const defaults = DEFAULTS[name]
  const maxSize = options['max-size'] === undefined ? defaults.size : parseSize(options['max-size'])
  const maxFiles = options['max-file'] === undefined ? defaults.files : Number(options['max-file'])
  if (!Number.isInteger(maxFiles) || maxFiles < 1) throw refusal('max-file cannot be less than 1')
  return { name, maxSize, maxFiles }
}

function checkPatterns(options: Record<string, string>): void {
  for (const name of ['labels-regex', 'env-regex']) {
    try {
      new RegExp(options[name] ?? '')
    } catch {
      throw refusal(`error parsing option ${name}: ${JSON.stringify(options[name])} is no regular expression`)
    }
  }
}

/** The shim's log never blocks for longer than a write, so both modes are the same here. */
function checkMode(options: Record<string, string>): void {
  const { mode, 'max-buffer-size': buffer } = options
  if (mode !== undefined && !['', 'blocking', 'non-blocking'].includes(mode)) throw refusal(`logger: logging mode not supported: ${mode}`)
  if (buffer === undefined) return
  if (mode !== 'non-blocking') throw refusal(`logger: max-buffer-size option is only supported with 'mode=non-blocking'`)
  parseSize(buffer, 'error parsing option max-buffer-size: ')
}

const refusal = (message: string, hint?: string) => new EngineError('invalid-argument', message, { field: 'logDriver', hint })

/** `10m`, `1.5g`, `-1` for no limit. */
function parseSize(text: string, where = ''): number {
  if (text === '-1') return 0
  const found = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(text)
  if (!found) throw refusal(`${where}invalid size: '${text}'`)
  return Math.floor(Number(found[1]) * 1024 ** ' kmgt'.indexOf((found[2] || ' ').toLowerCase()))
}
