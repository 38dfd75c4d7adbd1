import { EngineError } from '#shared/errors.ts'
import { readLog } from '../../core/logs/read-log.ts'
import type { AttachStream, Task } from '../../core/runtime/runtime.ts'
import type { ContainersContext } from './context.ts'
import { DEFAULT_DETACH_KEYS, parseDetachKeys } from './detach-keys.ts'
import { publishContainerEvent } from './events.ts'
import type { ContainerRecord } from './record.ts'
import { isAlive } from './state.ts'
import { carryStdio, type StdioPeer } from './stdio.ts'

export interface AttachRequest {
  stdin: boolean
  stdout: boolean
  stderr: boolean
  /** What was logged before. */
  logs: boolean
  /** Those without the frames that tell the streams apart, also of a container without a terminal. */
  plainLogs?: boolean
  /** What comes from now on. */
  stream: boolean
  detachKeys?: string
}

export interface Attachment {
  tty: boolean
  /** Resolves when it is over: the process ended, the client detached or left. `writeLog` takes ready-made output of the past. */
  carry(peer: StdioPeer, writeLog: (bytes: Uint8Array) => Promise<void> | void): Promise<void>
}

/** Joins a container's stdio, also before it is started. */
export function attachContainer(ctx: ContainersContext, reference: string, request: AttachRequest): Attachment {
  const record = ctx.records.get(reference)
  if (record.state.status === 'paused') throw new EngineError('failed-precondition', `container ${reference} is paused, unpause the container before attach`)
  if (record.state.status === 'restarting') throw new EngineError('failed-precondition', `container ${reference} is restarting, wait until the container is running`)
  const keys = parseDetachKeys(request.detachKeys || DEFAULT_DETACH_KEYS)
  const tty = record.config.Tty ?? false
  const streams = { stdin: request.stdin && (record.config.OpenStdin ?? false), stdout: request.stdout, stderr: request.stderr }
  const joined = request.stream ? join(ctx, record, streams) : undefined
  publishContainerEvent(ctx, record, 'attach')
  return {
    tty,
    async carry(peer, writeLog) {
      if (request.logs) for await (const bytes of readLog(ctx.layout.container(record.id).logs, { stdout: streams.stdout, stderr: streams.stderr, follow: false, timestamps: false }, { framed: !tty && !request.plainLogs })) await writeLog(bytes)
      const stream = await joined?.(peer.signal)
      if (!stream) return
      const end = await carryStdio(stream, { ...peer, input: streams.stdin ? peer.input : undefined }, tty ? keys : undefined)
      if (end === 'detached') publishContainerEvent(ctx, ctx.records.byId(record.id) ?? record, 'detach')
    },
  }
}

type Streams = { stdin: boolean; stdout: boolean; stderr: boolean }

/** A running task is joined at once; otherwise the next start joins it before the first byte. */
function join(ctx: ContainersContext, record: ContainerRecord, streams: Streams): (signal: AbortSignal) => Promise<AttachStream | undefined> {
  const live = ctx.live.of(record.id)
  const { task } = live
  if (isAlive(record.state) && task) return () => task.attach(streams)
  const { promise, resolve, reject } = Promise.withResolvers<AttachStream | undefined>()
  promise.catch(() => {})
  const pending = {
    join: (started: Task) => started.attach(streams).then(resolve, reject),
    abandon: () => resolve(undefined),
  }
  live.pendingAttachments.add(pending)
  return (signal) => {
    const leave = () => {
      live.pendingAttachments.delete(pending)
      resolve(undefined)
    }
    if (signal.aborted) leave()
    signal.addEventListener('abort', leave, { once: true })
    return promise
  }
}
