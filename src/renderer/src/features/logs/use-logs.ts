import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import type { LogSelection, LogSource, MergedLogsMessage } from '#shared/contract/logs.ts'
import type { OpenStream } from '../../engine/proxy.ts'
import { useEngine } from '../../composables/use-engine.ts'
import { createLogBuffer, type LogBuffer } from './log-buffer.ts'
import { createLogPages, type LogPages } from './log-pages.ts'

export type LogsStatus = 'loading' | 'live' | 'interrupted' | 'ended'

/** Which logs, and of which time. A new value opens them anew. */
export interface LogsQuestion {
  selection: LogSelection
  since?: number
  until?: number
}

export interface LiveLogs {
  buffer: LogBuffer
  /** Counts up when the buffer changed, at most once a frame. `moved`: lines other than new last ones came or went. */
  change: Readonly<ShallowRef<{ version: number; moved: boolean }>>
  sources: Readonly<ShallowRef<readonly LogSource[]>>
  status: Ref<LogsStatus>
  error: ShallowRef<unknown>
  /** Sources that cannot be read, and why. */
  unreadable: Readonly<ShallowRef<readonly { source: number; message: string }[]>>
  /** While true nothing new is taken in; the engine keeps it. */
  paused: Ref<boolean>
  pages: LogPages
  /** Back to the newest lines. */
  reopen: () => void
}

/** Lines of each that are asked for at once; what is older is fetched when it is scrolled to. */
const FIRST = 10_000
const FIRST_IN_ALL = 50_000

/** One log or several as one, live for as long as the scope lives. */
export function useLogs(question: () => LogsQuestion | undefined): LiveLogs {
  const engine = useEngine()
  const buffer = createLogBuffer()
  const change = shallowRef({ version: 0, moved: false })
  const sources = shallowRef<readonly LogSource[]>([])
  const unreadable = shallowRef<readonly { source: number; message: string }[]>([])
  const status = ref<LogsStatus>('loading')
  const error = shallowRef<unknown>()
  const paused = ref(false)
  const gate = createGate(paused)
  const pages = createLogPages({ buffer, engine, sources: () => sources.value, range: () => ({ since: question()?.since, until: question()?.until }), changed: () => publishSoon(true), failed: (reason) => (error.value = reason) })
  let stream: OpenStream<'logs.merged'> | undefined
  let [frame, moved] = [0, false]

  function publish() {
    frame = 0
    change.value = { version: change.value.version + 1, moved }
    moved = false
  }
  function publishSoon(hasMoved = false) {
    moved ||= hasMoved
    frame ||= requestAnimationFrame(publish)
  }

  async function take(message: MergedLogsMessage) {
    await gate.open()
    if (message.kind === 'sources') sources.value = [...sources.value, ...message.sources]
    else if (message.kind === 'unreadable') unreadable.value = [...unreadable.value, message]
    else if (message.kind === 'lines') publishSoon(pages.takeLive(message.lines) > 0)
    else status.value = message.kind === 'interrupted' ? 'interrupted' : 'live'
    publishSoon()
  }

  function open() {
    stream?.close()
    buffer.clear()
    pages.reset()
    ;[sources.value, unreadable.value, error.value] = [[], [], undefined]
    status.value = 'loading'
    paused.value = false
    publishSoon(true)
    const asked = question()
    if (!asked) return
    const { selection, since, until } = asked
    const tail = Math.max(500, Math.min(FIRST, Math.floor(FIRST_IN_ALL / Math.max(1, selection.containers.length))))
    stream = engine.openStream('logs.merged', { ...selection, since, until, tail, follow: until === undefined }, { onMessage: take, onEnd: end })
  }
  function end(reason: unknown) {
    status.value = 'ended'
    error.value = reason
    publishSoon()
  }

  watch(question, (now, before) => JSON.stringify(now) !== JSON.stringify(before) && open())
  open()
  onScopeDispose(() => {
    stream?.close()
    gate.release()
    pages.reset()
    cancelAnimationFrame(frame)
  })
  return { buffer, change, sources, status, error, unreadable, paused, pages, reopen: open }
}

/** Shut while paused. */
function createGate(shut: Ref<boolean>) {
  let opening: PromiseWithResolvers<void> | undefined
  function release() {
    opening?.resolve()
    opening = undefined
  }
  watch(shut, (isShut) => (isShut ? (opening ??= Promise.withResolvers()) : release()))
  return { open: () => opening?.promise, release }
}
