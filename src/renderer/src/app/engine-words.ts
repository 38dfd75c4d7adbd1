import { computed } from 'vue'
import { useI18n } from 'vue-i18n'
import { errorLine } from '../composables/use-error-words.ts'
import { interpret } from '../locales/i18n.ts'
import { useEngineState } from '../stores/engine-state.ts'
import type { StateLook } from '../ui/state-look.ts'

export interface EngineWords {
  look: StateLook
  word: string
  reason: string | undefined
}

/** The one sentence about the engine that this window shows: can it be reached, and if not, why. */
export function useEngineWords() {
  const state = useEngineState()
  const { t } = useI18n()
  return computed<EngineWords>(() => {
    const connection = state.connection?.state
    /** Of another engine only its connection is known. */
    const engine = state.connection && state.connection.target.kind !== 'embedded' ? undefined : state.engine
    if (!state.reachable) return { look: 'starting', word: t('frame.engine.unreachable'), reason: t('frame.engine.unreachableReason') }
    if (!state.linked) return { look: 'starting', word: t('frame.engine.starting'), reason: undefined }
    if (connection?.status === 'ready') return { look: 'running', word: t('frame.engine.ready'), reason: undefined }
    if (engine?.status === 'stopped' && connection?.status !== 'failed') return { look: 'exited', word: t('frame.engine.stopped'), reason: t('frame.engine.stoppedReason') }
    if (engine?.status === 'restarting') return { look: 'starting', word: t('frame.engine.reconnecting'), reason: interpret(engine.reason) }
    if (engine?.status === 'failed') return { look: 'failed', word: t('frame.engine.failed'), reason: errorLine(engine.error) }
    if (connection?.status === 'reconnecting') return { look: 'starting', word: t('frame.engine.reconnecting'), reason: interpret(connection.reason) }
    if (connection?.status === 'failed') return { look: 'failed', word: t('frame.engine.failed'), reason: errorLine(connection.error) }
    return { look: 'starting', word: engine ? t('frame.engine.starting') : t('connections.states.connecting'), reason: undefined }
  })
}
