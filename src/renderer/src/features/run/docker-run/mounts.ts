import type { MountRequest } from '#shared/contract/containers.ts'

/** What looks like a path is a folder of the machine, whether a form can already tell where it is or not (`./data`, `$PWD/data`, `~/data`). */
const isPath = (source: string) => /^[/.~$]/.test(source)

/** `[source:]target[:options]` */
export function readVolume(text: string): MountRequest | undefined {
  const parts = text.split(':')
  if (parts.length > 3) return undefined
  const [source = '', target, options = ''] = parts.length === 1 ? ['', parts[0] ?? ''] : parts
  if (!target?.startsWith('/')) return undefined
  const readOnly = options.split(',').some((word) => word === 'ro' || word === 'readonly') && { readOnly: true }
  if (isPath(source)) return { kind: 'bind', source, target, ...readOnly }
  return { kind: 'volume', ...(source && { source }), target, ...readOnly }
}

/** `type=bind,source=…,target=…[,readonly]` */
export function readMount(text: string): MountRequest | undefined {
  const pairs = text.split(',').map((part): [string, string] => (part.includes('=') ? [part.slice(0, part.indexOf('=')).toLowerCase(), part.slice(part.indexOf('=') + 1)] : [part.toLowerCase(), 'true']))
  const value = (...keys: string[]) => pairs.find(([key]) => keys.includes(key))?.[1]
  const [kind, source, target] = [value('type') ?? 'volume', value('source', 'src'), value('target', 'destination', 'dst')]
  if (!target?.startsWith('/')) return undefined
  const readOnly = /^(?:true|1)$/i.test(value('readonly', 'ro') ?? '') && { readOnly: true }
  if (kind === 'tmpfs') return { kind, target }
  if (kind === 'bind') return source ? { kind, source, target, ...readOnly } : undefined
  return kind === 'volume' ? { kind, ...(source && { source }), target, ...readOnly } : undefined
}
