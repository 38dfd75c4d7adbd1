import type { Availability, NodeId, NodeRole } from '#shared/contract/cluster.ts'
import { EngineError } from '#shared/errors.ts'
import type { EngineApi } from '../engine-api.ts'
import type { WireNode } from './wire.ts'

export interface NodeChange {
  id: NodeId
  role?: NodeRole
  availability?: Availability
  labels?: Record<string, string>
}

export async function changeNode(api: EngineApi, { id, role, availability, labels }: NodeChange, signal: AbortSignal): Promise<void> {
  const { Version, Spec } = await api.json<WireNode>('GET', `/nodes/${id}`, { signal })
  const next = { ...Spec, ...(role && { Role: role }), ...(availability && { Availability: availability }), ...(labels && { Labels: labels }) }
  await api.json('POST', `/nodes/${id}/update`, { query: { version: Version.Index }, body: next, signal })
}

export async function removeNode(api: EngineApi, { id, force = false }: { id: NodeId; force?: boolean }, signal: AbortSignal): Promise<void> {
  try {
    await api.json('DELETE', `/nodes/${id}`, { query: { force }, signal })
  } catch (error) {
    if (!(error instanceof EngineError) || !/is not down/i.test(error.message)) throw error
    throw new EngineError('failed-precondition', error.message, { reason: 'node-not-down', hint: 'Let it leave first (docker swarm leave, on that machine). Removed by force it goes on running its tasks until it notices.', cause: error })
  }
}
