import { defineStore } from 'pinia'
import { markRaw, shallowReactive, watch } from 'vue'
import { isEngineError, type EngineError } from '#shared/errors.ts'
import type { TerminalMessage } from '#shared/contract/streams.ts'
import { useEngine } from '../../composables/use-engine.ts'
import type { OpenStream } from '../../engine/proxy.ts'
import { i18n } from '../../locales/i18n.ts'
import { useEngineState } from '../../stores/engine-state.ts'
import { createSafeTerminal, type SafeTerminal } from './safe-terminal.ts'

export type TerminalKind = 'shell' | 'main'
/** `lost`: the engine went away; it is opened again when the engine is back. */
export type TerminalStatus = { status: 'opening' } | { status: 'open'; tty: boolean } | { status: 'lost' } | { status: 'exited'; code?: number } | { status: 'failed'; error: EngineError }

export interface TerminalSession {
  readonly key: string
  readonly containerId: string
  readonly kind: TerminalKind
  readonly screen: SafeTerminal
  state: TerminalStatus
  stream: OpenStream<'containers.exec' | 'containers.attach'> | undefined
}

/** Terminals outlive the page that shows them: what ran in one is still there when it is looked at again. */
export const useTerminalSessions = defineStore('terminal-sessions', () => {
  const engine = useEngine()
  const engineState = useEngineState()
  const sessions = new Map<string, TerminalSession>()

  function ensure(containerId: string, kind: TerminalKind, name: string): TerminalSession {
    const key = `${kind}:${containerId}`
    const known = sessions.get(key)
    if (known) return known
    const screen = markRaw(createSafeTerminal(i18n.global.t('terminal.of', { name })))
    const session = shallowReactive<TerminalSession>({ key, containerId, kind, screen, state: { status: 'opening' }, stream: undefined })
    screen.terminal.onData((text) => session.state.status === 'open' && session.stream?.send({ kind: 'input', text }))
    screen.terminal.onResize(({ cols, rows }) => session.stream?.send({ kind: 'resize', columns: cols, rows }))
    sessions.set(key, session)
    return session
  }

  /** Begins, or begins again. Call it once the screen is in the page, so that its size is known. */
  function open(session: TerminalSession) {
    session.stream?.close()
    session.state = { status: 'opening' }
    const { cols: columns, rows } = session.screen.terminal
    const handlers = { atOnce: true, onMessage: (message: TerminalMessage) => take(session, message), onEnd: (error: EngineError | undefined) => end(session, error) }
    session.stream = engine.openStream(session.kind === 'shell' ? 'containers.exec' : 'containers.attach', { id: session.containerId, columns, rows }, handlers)
  }

  function drop(session: TerminalSession) {
    session.stream?.close()
    session.screen.dispose()
    sessions.delete(session.key)
  }

  function reopenLost() {
    for (const session of sessions.values()) {
      if (session.state.status !== 'lost' || session.stream) continue
      session.screen.terminal.write(`\r\n\x1b[2m${i18n.global.t('terminal.reopened')}\x1b[0m\r\n`)
      open(session)
    }
  }
  watch(() => engineState.connection?.state.status === 'ready', (ready) => ready && reopenLost())
  watch(() => engineState.containers.list, () => {
    for (const session of sessions.values()) if (!engineState.containers.find(session.containerId) && engineState.connection?.state.status === 'ready') drop(session)
  })
  return { ensure, open, drop }
})

/** What the process says. The promise slows the stream to what the screen can draw; the screen gathers what comes meanwhile, for it takes up what waits once a frame. */
function take(session: TerminalSession, message: TerminalMessage): void | Promise<void> {
  const { terminal } = session.screen
  switch (message.kind) {
    case 'opened':
      terminal.options.convertEol = !message.tty
      session.state = { status: 'open', tty: message.tty }
      return
    case 'output':
      return new Promise((resolve) => terminal.write(message.text, resolve))
    case 'interrupted':
      session.state = { status: 'lost' }
      return
    case 'resumed':
      session.state = { status: 'open', tty: !terminal.options.convertEol }
      return
    case 'exited':
      session.state = { status: 'exited', code: message.code }
  }
}

/** An engine that went away may come back; anything else is the end. */
function end(session: TerminalSession, error: EngineError | undefined) {
  session.stream = undefined
  if (session.state.status === 'exited') return
  if (isEngineError(error, 'unavailable')) session.state = { status: 'lost' }
  else session.state = error ? { status: 'failed', error } : { status: 'exited' }
}
