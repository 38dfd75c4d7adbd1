import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TaskStats } from '../runtime.ts'

/** Contents of files that may not exist: a controller that is off, or a container that has just gone. */
export async function readFiles<Name extends string>(directory: string | undefined, names: readonly Name[]): Promise<Partial<Record<Name, string>>> {
  if (directory === undefined) return {}
  const contents = await Promise.all(names.map(async (name) => [name, await readFile(join(directory, name), 'utf8').catch(() => undefined)] as const))
  return Object.fromEntries(contents.filter(([, text]) => text !== undefined)) as Partial<Record<Name, string>>
}

/** `name value` lines. */
export function parseFields(text: string | undefined): Record<string, number> {
  const pairs = (text ?? '').split('\n').map((line) => line.split(' ') as [string, string?])
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined).map(([name, value]) => [name, Number(value)]))
}

export const parseNumber = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text.trim()))

/** `max`, or v1's largest number of pages, means no limit: then the machine's memory is. */
export function memoryLimit(text: string | undefined, hostMemory: number): number {
  const limit = Number(text?.trim())
  return Number.isNaN(limit) || (hostMemory > 0 && limit > hostMemory) ? hostMemory : limit
}

export function pidsOf(current: string | undefined, max: string | undefined): TaskStats['pids'] {
  if (current === undefined) return undefined
  const limit = Number(max?.trim())
  return { current: Number(current.trim()), ...(!Number.isNaN(limit) && { limit }) }
}
