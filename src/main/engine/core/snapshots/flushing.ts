import { bootId } from '#base/boot-id.ts'
import type { Host } from '../host/host.ts'
import type { SnapshotRecords } from './snapshot-records.ts'

/** By then the kernel has written most of it by itself: dirty_expire_centisecs is 3000 (https://docs.kernel.org/admin-guide/sysctl/vm.html). */
const DELAY_MS = 30_000
const LONGEST_MS = 10 * 60_000

/**
 * Files of layers are not flushed one by one: a pull would wait for the disk. A layer's record says that they may not be there after a power cut, and of which
 * boot it is (`unflushed`); some time later the whole file system is flushed once, and the record says so no more.
 */
export function createFlushing(records: SnapshotRecords, root: string, host: Pick<Host, 'run'>) {
  let timer: NodeJS.Timeout | undefined
  const boot = bootId()
  const unflushed = () => records.list('committed').filter((record) => record.unflushed === boot)
  // One that fails is tried again after the next layer, and by the next engine.
  const flushLater = () => void (timer ??= setTimeout(() => void flush().catch(() => {}), DELAY_MS).unref())
  async function flush(longest = LONGEST_MS): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    const before = unflushed()
    if (before.length === 0) return
    await host.run('sync', ['--file-system', root], { deadline: longest })
    records.markFlushed(before)
  }
  if (unflushed().length > 0) flushLater()
  return {
    flush,
    /** For the record of a layer that has just been made. */
    mark(): { unflushed: string } {
      flushLater()
      return { unflushed: boot }
    },
  }
}
