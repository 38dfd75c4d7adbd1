import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import type { LogsMessage } from '#shared/contract/streams.ts'
import type { OpenStream } from '../../engine/proxy.ts'
import { useEngine } from '../../composables/use-engine.ts'
import { createLogBuffer, LOG_LINES, type LogBuffer } from './log-buffer.ts'

export type LogsStatus = 'loading' | 'live' | 'interrupted' | 'ended'

export interface LiveLogs {
  buffer: LogBuffer
  /** Counts up when the buffer changed, at most once a frame. `dropped`: old lines let go since the last time. */
  change: Readonly<ShallowRef<{ version: number; dropped: number }>>
  status: Ref<LogsStatus>
  error: ShallowRef<unknown>
}

/** The log of a container, live for as long as the scope lives; opened again when `id` or `again` (a restart) changes. */
export function useLogs(id: () => string, again: () => unknown): LiveLogs {
  const engine = useEngine()
  const buffer = createLogBuffer()
  const change = shallowRef({ version: 0, dropped: 0 })
  const status = ref<LogsStatus>('loading')
  const error = shallowRef<unknown>()
  let stream: OpenStream<'containers.logs'> | undefined
  let dropped = 0
  let frame = 0

  function publish() {
    frame = 0
    change.value = { version: change.value.version + 1, dropped }
    dropped = 0
  }
  const publishSoon = () => (frame ||= requestAnimationFrame(publish))

  function take(message: LogsMessage) {
    if (message.kind === 'lines') dropped += buffer.push(message.lines)
    else if (message.kind === 'interrupted') status.value = 'interrupted'
    else status.value = 'live'
    publishSoon()
  }

  function open() {
    stream?.close()
    buffer.clear()
    status.value = 'loading'
    error.value = undefined
    publishSoon()
    stream = engine.openStream('containers.logs', { id: id(), tail: LOG_LINES, follow: true }, { onMessage: take, onEnd: end })
  }
  function end(reason: unknown) {
    status.value = 'ended'
    error.value = reason
    publishSoon()
  }

  watch(id, open, { immediate: true })
  watch(again, () => status.value === 'ended' && open())
  onScopeDispose(() => {
    stream?.close()
    cancelAnimationFrame(frame)
  })
  return { buffer, change, status, error }
}
