import { EngineError } from '#shared/errors.ts'
import { shortId, type DiffId } from '#shared/oci/digest.ts'
import type { Descriptor } from '#shared/oci/descriptor.ts'
import { chainsOf } from './chains.ts'
import type { LoadOptions } from './images-service.ts'
import type { Service } from './service.ts'
import { unpackLayer } from './unpack.ts'

/** Unpacks layers that are in the content store, from the bottom, as far as they are not there yet; one without a blob is known to be. The first that fails stops the others. */
export async function unpackLayers(service: Service, diffIds: readonly DiffId[], blobs: readonly (Descriptor | undefined)[], { signal, onProgress }: Pick<LoadOptions, 'signal' | 'onProgress'>): Promise<void> {
  const chains = chainsOf(diffIds)
  const stop = new AbortController()
  const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal
  const jobs = chains.map(async (chain, index) => {
    const [id, blob] = [shortId(diffIds[index]!), blobs[index]]
    if (!blob) return
    const report = ({ current, total }: { current?: number; total?: number }) => onProgress?.({ id, status: 'Loading layer', ...(current !== undefined && { current }), ...(total !== undefined && { total }) })
    try {
      await service.shared.join(`layer/${chain}`, { signal: either }, (inner) =>
        unpackLayer(service, { chain, parent: chains[index - 1], diffId: diffIds[index]!, blob }, () => parentCommitted(service, chains[index - 1], inner), { signal: inner, report }),
      )
    } catch (error) {
      stop.abort()
      throw error
    }
  })
  const failed = (await Promise.allSettled(jobs)).flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
  if (failed.length > 0) throw failed.find((error) => !(error instanceof EngineError && error.code === 'cancelled')) ?? failed[0]
}

async function parentCommitted(service: Service, parent: string | undefined, signal: AbortSignal): Promise<void> {
  if (parent === undefined || service.snapshots.has(parent as never)) return
  await service.shared.join(`layer/${parent}`, { signal }, () => Promise.reject(new EngineError('cancelled', 'the layer below was not unpacked', { reason: 'cancelled' })))
}
