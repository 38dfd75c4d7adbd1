import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { EngineError } from '#shared/errors.ts'
import type { Exchange, Reply } from '../router.ts'
import { json } from '../router.ts'
import { openJsonLines } from '../streams/json-lines.ts'
import type { ContainersApiNeeds } from './needs.ts'
import { statsJson, type TimedSample } from './stats-wire.ts'

const PERIOD = 1000

/** `GET /containers/:id/stats`: a sample per second while somebody reads, two samples for `stream=0`, one for `one-shot`. */
export async function streamStats(needs: ContainersApiNeeds, exchange: Exchange): Promise<Reply | undefined> {
  const { params, query, signal } = exchange
  const id = needs.get(params['id'] ?? '').id
  const [stream, oneShot] = [query.flag('stream', true), query.flag('one-shot')]
  if (stream && oneShot) throw new EngineError('invalid-argument', 'cannot have stream=true and one-shot=true', { hint: 'Send stream=0 too: a stream is wanted unless it is said not to be.' })
  let before: TimedSample | undefined
  let sample = await takeSample(needs, id)
  if (!stream) {
    if (!oneShot && sample.task) {
      before = sample
      await delay(PERIOD, undefined, { signal })
      sample = await takeSample(needs, id)
    }
    return json(statsJson(sample, before))
  }
  const lines = openJsonLines(exchange)
  try {
    for (;;) {
      await lines.write(statsJson(sample, before))
      await delay(PERIOD, undefined, { signal })
      before = sample
      sample = await takeSample(needs, id)
    }
  } catch {
    // The client left, or the container is gone.
  }
  lines.end()
  return undefined
}

async function takeSample(needs: ContainersApiNeeds, id: string): Promise<TimedSample> {
  const [sample, systemCpu] = await Promise.all([needs.stats(id), readSystemCpu()])
  return { ...sample, machine: { ...needs.host, systemCpu } }
}

const NANOS_PER_TICK = 10_000_000

/** The first line of /proc/stat, without guest time, which user time already holds: https://man7.org/linux/man-pages/man5/proc_stat.5.html */
async function readSystemCpu(): Promise<number> {
  const text = await readFile('/proc/stat', 'utf8')
  const ticks = text.slice(0, text.indexOf('\n')).trim().split(/\s+/).slice(1, 9).map(Number)
  return ticks.reduce((sum, value) => sum + value, 0) * NANOS_PER_TICK
}
