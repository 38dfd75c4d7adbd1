import type { RunRequest } from '#shared/contract/containers.ts'
import { EngineError } from '#shared/errors.ts'

/** Docker says in a sentence what a form says beside a field. The first rule that recognises the sentence names the field. */
const rules: readonly [RegExp, (match: RegExpExecArray, request: RunRequest, error: EngineError) => string | undefined][] = [
  [/port is already allocated|address already in use/i, (_, request, error) => portField(request, error.message)],
  [/container name .* is already in use|invalid container name/i, () => 'name'],
  [/bind source path does not exist: (.+)|invalid mount path: '?([^' ]+)/i, ([, source, target], request) => mountField(request, source?.trim() ?? target ?? '')],
  [/duplicate mount point: (.+)/i, ([, target = ''], request) => mountField(request, target.trim())],
  [/network ([^\s]+) not found|no such network: ([^\s]+)/i, ([, first, second], request) => indexed('networks', (request.networks ?? []).indexOf(first ?? second ?? ''))],
  [/no such image|manifest unknown|manifest for .* not found|pull access denied|repository .* not found|name unknown|invalid reference format/i, () => 'image'],
  [/invalid hostname/i, () => 'hostname'],
  [/unable to find user|no matching entries in passwd/i, () => 'user'],
  [/executable file .*not found|exec format error|(exec|stat) .*: no such file or directory|no command specified/i, () => 'command'],
  [/working directory|mkdir .* not a directory/i, () => 'workingDirectory'],
  [/invalid environment variable/i, () => 'environment'],
  [/memory limit/i, () => 'limits.memoryBytes'],
  [/range of cpus|nanocpus/i, () => 'limits.cpus'],
  [/maximum retry count/i, () => 'restart.maximumRetries'],
]

/** The error with the field of the request it belongs to: what an engine of ours said, else what Docker's sentence means. */
export function atField(error: EngineError, request: RunRequest): EngineError {
  // A list without its index says less than the sentence may.
  if (error.field !== undefined && !['ports', 'mounts', 'networks'].includes(error.field)) return error
  for (const [pattern, fieldOf] of rules) {
    const match = pattern.exec(error.message)
    const field = match && fieldOf(match, request, error)
    if (field) return new EngineError(error.code, error.message, { reason: error.reason, hint: error.hint, field, remedy: error.remedy, cause: error.cause })
  }
  return error
}

const indexed = (list: string, index: number) => (index < 0 ? undefined : `${list}[${index}]`)

/** "Bind for 0.0.0.0:8080 failed: port is already allocated", "listen tcp4 127.0.0.1:8080: bind: address already in use". */
function portField(request: RunRequest, message: string): string | undefined {
  const ports = request.ports ?? []
  const numbers = [...message.matchAll(/\b(\d{1,5})\b/g)].map(([, number]) => Number(number))
  const index = ports.findIndex(({ hostPort }) => hostPort !== undefined && numbers.includes(hostPort))
  const field = indexed('ports', index < 0 && ports.length === 1 ? 0 : index)
  return field && `${field}.hostPort`
}

function mountField(request: RunRequest, path: string): string | undefined {
  const mounts = request.mounts ?? []
  const source = mounts.findIndex((mount) => mount.kind !== 'tmpfs' && mount.source === path)
  if (source >= 0) return `mounts[${source}].source`
  const field = indexed('mounts', mounts.findLastIndex((mount) => mount.target === path))
  return field && `${field}.target`
}
