import { EngineError } from '#shared/errors.ts'
import type { LogQuery } from '../../core/logs/log-store.ts'
import { readLog } from '../../core/logs/read-log.ts'
import type { ContainersContext } from './context.ts'
import { logDetails } from './log-details.ts'
import { logDriverOf } from './log-drivers.ts'
import { isAlive } from './state.ts'

/** `details`: what the log driver's options name, before each line. */
export type LogRequest = LogQuery & { details?: boolean }

export interface ContainerLogs {
  tty: boolean
  /** Frames of Docker's multiplexed stream, or with a tty what it wrote. */
  pieces: AsyncGenerator<Buffer>
}

/** @throws not-implemented when the container's log driver keeps nothing. */
export function containerLogs(ctx: ContainersContext, reference: string, { details, ...query }: LogRequest, signal: AbortSignal): ContainerLogs {
  const record = ctx.records.get(reference)
  if (!query.stdout && !query.stderr) throw new EngineError('invalid-argument', 'Bad parameters: you must choose at least one stream')
  if (logDriverOf(record.host).name === 'none') throw new EngineError('not-implemented', 'configured logging driver does not support reading', { reason: 'log-driver-none' })
  const tty = record.config.Tty ?? false
  const running = ctx.live.of(record.id).running?.signal
  const follow = query.follow && isAlive(record.state)
  return { tty, pieces: readLog(ctx.layout.container(record.id).logs, { ...query, follow, ...(details && { prefix: logDetails(record) }) }, { framed: !tty, ended: endOfFollowing(query, running, ctx.clock), signal }) }
}

/** Following ends with the run, or when the time asked for has come. */
function endOfFollowing(query: LogQuery, running: AbortSignal | undefined, clock: () => bigint): AbortSignal | undefined {
  if (query.until === undefined) return running
  const until = AbortSignal.timeout(Math.max(0, Number((query.until - clock()) / 1_000_000n)))
  return running ? AbortSignal.any([running, until]) : until
}
