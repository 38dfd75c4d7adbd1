import { EngineError } from '#shared/errors.ts'
import type { ServiceDraft } from '#shared/contract/service-draft.ts'
import type { EngineApi } from '../engine-api.ts'
import type { FileIds } from './spec.ts'
import type { WireFile } from './wire.ts'

export type FileNoun = 'secrets' | 'configs'

/** The ids of those that a draft names. @throws at its field when one is not there */
export async function fileIds(api: EngineApi, draft: Pick<ServiceDraft, FileNoun>, signal: AbortSignal): Promise<FileIds> {
  const [secrets, configs] = await Promise.all((['secrets', 'configs'] as const).map((noun) => idsOf(api, noun, draft[noun].map(({ name }) => name), signal)))
  return { secrets: secrets ?? new Map(), configs: configs ?? new Map() }
}

async function idsOf(api: EngineApi, noun: FileNoun, names: readonly string[], signal: AbortSignal): Promise<Map<string, string>> {
  if (names.length === 0) return new Map()
  const all = await api.json<WireFile[] | null>('GET', `/${noun}`, { signal })
  const ids = new Map((all ?? []).map(({ ID, Spec }) => [Spec.Name, ID]))
  const missing = names.find((name) => !ids.has(name))
  if (missing !== undefined) throw new EngineError('not-found', `The cluster has no ${noun === 'secrets' ? 'secret' : 'config'} named ${missing}.`, { reason: 'no-such-file', field: noun })
  return ids
}

export async function createFile(api: EngineApi, noun: FileNoun, { name, value, labels = {} }: { name: string; value: string | Buffer; labels?: Record<string, string> }, signal: AbortSignal): Promise<{ id: string }> {
  const { ID } = await api.json<{ ID: string }>('POST', `/${noun}/create`, { body: { Name: name, Labels: labels, Data: Buffer.from(value).toString('base64') }, signal })
  return { id: ID }
}

export async function readConfig(api: EngineApi, id: string, signal: AbortSignal): Promise<{ value: string }> {
  const { Spec } = await api.json<WireFile>('GET', `/configs/${encodeURIComponent(id)}`, { signal })
  return { value: Buffer.from(Spec.Data ?? '', 'base64').toString() }
}
