import { isDigest, type Digest } from '#shared/oci/digest.ts'
import { messageOf } from '#shared/errors.ts'
import type { Lease } from '../../../core/leases/leases.ts'
import { removeBlobs } from '../collect.ts'
import type { Service } from '../service.ts'

/** A pushed blob whose manifest has not come by then is removed. */
const WAITS_FOR = 3600_000

/** Blobs that were pushed, each held until a manifest names it or its time is over; also across a restart of the engine. */
export interface PushedBlobs extends Disposable {
  /** Before it becomes visible. */
  hold(digest: Digest): void
  /** The blob when it is here, held from now on. */
  mount(digest: string): Digest | undefined
  /** Something refers to them now, or they are not wanted any more. */
  release(digests: Iterable<Digest>): void
}

export function createPushedBlobs(service: Service, waitsFor = WAITS_FOR): PushedBlobs {
  const records = service.metadata.collection<{ digest: Digest }>('pushed-blobs')
  const held = new Map<Digest, { lease: Lease; timer: NodeJS.Timeout }>()

  function release(digest: Digest) {
    const found = held.get(digest)
    if (!found) return
    clearTimeout(found.timer)
    held.delete(digest)
    records.delete(digest)
    found.lease[Symbol.dispose]()
  }
  function give(digest: Digest) {
    release(digest)
    removeBlobs(service, new Set([digest])).catch((error: unknown) => process.emitWarning(`pushed blob ${digest} could not be removed: ${messageOf(error)}`))
  }
  function keep(digest: Digest) {
    const found = held.get(digest)
    if (found) return void found.timer.refresh()
    const lease = service.leases.open('pushed')
    lease.hold(digest)
    held.set(digest, { lease, timer: setTimeout(() => give(digest), waitsFor).unref() })
  }
  for (const { digest } of records.list()) keep(digest)

  return {
    hold(digest) {
      keep(digest)
      records.put(digest, { digest })
    },
    mount(digest) {
      if (!isDigest(digest) || !service.content.has(digest)) return undefined
      this.hold(digest)
      return digest
    },
    release(digests) {
      for (const digest of digests) release(digest)
    },
    [Symbol.dispose]() {
      for (const { timer, lease } of held.values()) {
        clearTimeout(timer)
        lease[Symbol.dispose]()
      }
      held.clear()
    },
  }
}
