import type { CreatedContainer, RunRequest } from '#shared/contract/containers.ts'
import { EngineError, isEngineError } from '#shared/errors.ts'
import { createBody } from './create-body.ts'
import type { EngineApi } from './engine-api.ts'
import { atField } from './field.ts'
import type { Operation } from './operation.ts'
import { pullImage } from './pull.ts'

/** Creates, pulling the image if it is missing, and starts. Leaves no container behind on failure. */
export async function runContainer(api: EngineApi, request: RunRequest, operation: Operation): Promise<CreatedContainer> {
  await using undo = new AsyncDisposableStack()
  const created = await createContainer(api, request, operation)
  undo.defer(() => removeQuietly(api, created.id))
  operation.progress({ kind: 'phase', phase: 'starting' })
  await onField(request, () => api.json('POST', `/containers/${created.id}/start`, { signal: operation.signal }))
  undo.move()
  return created
}

/** Creates without starting, joined to all its networks. */
export async function createContainer(api: EngineApi, request: RunRequest, operation: Operation): Promise<CreatedContainer> {
  await using undo = new AsyncDisposableStack()
  if (request.pull === 'always') await pullFor(api, request, operation)
  const created = await createPulling(api, request, operation)
  undo.defer(() => removeQuietly(api, created.Id))
  for (const network of request.networks?.slice(1) ?? []) {
    await onField(request, () => api.json('POST', `/networks/${encodeURIComponent(network)}/connect`, { body: { Container: created.Id }, signal: operation.signal }))
  }
  const { Name } = await api.json<{ Name: string }>('GET', `/containers/${created.Id}/json`)
  undo.move()
  return { id: created.Id, name: Name.replace(/^\//, ''), warnings: created.Warnings ?? [] }
}

interface WireCreated {
  Id: string
  Warnings?: string[] | null
}

async function createPulling(api: EngineApi, request: RunRequest, operation: Operation): Promise<WireCreated> {
  try {
    return await create(api, request, operation)
  } catch (error) {
    if (request.pull === 'never' || !isEngineError(error, 'not-found') || error.field !== 'image') throw error
    await pullFor(api, request, operation)
    return create(api, request, operation)
  }
}

function create(api: EngineApi, request: RunRequest, operation: Operation): Promise<WireCreated> {
  operation.progress({ kind: 'phase', phase: 'creating' })
  const query = { name: request.name, platform: request.platform }
  return onField(request, () => api.json('POST', '/containers/create', { query, body: createBody(request), signal: operation.signal }))
}

async function pullFor(api: EngineApi, request: RunRequest, operation: Operation): Promise<void> {
  operation.progress({ kind: 'phase', phase: 'pulling' })
  await onField(request, () => pullImage(api, { reference: request.image, platform: request.platform }, operation))
}

async function onField<Result>(request: RunRequest, act: () => Promise<Result>): Promise<Result> {
  try {
    return await act()
  } catch (error) {
    throw error instanceof EngineError ? atField(error, request) : error
  }
}

/** The failure that led here is what is told; a container that removed itself is as good as removed. */
const removeQuietly = async (api: EngineApi, id: string): Promise<void> => void (await api.json('DELETE', `/containers/${id}`, { query: { force: true, v: true } }).catch(() => {}))
