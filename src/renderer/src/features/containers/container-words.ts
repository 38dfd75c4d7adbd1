import { useI18n } from 'vue-i18n'
import type { ContainerState } from '#shared/contract/containers.ts'
import { useContainerWork, type ContainerVerb } from '../../stores/container-work.ts'
import type { StateLook } from '../../ui/state-look.ts'

export type StateWord = 'created' | 'running' | 'healthy' | 'unhealthy' | 'paused' | 'restarting' | 'exited' | 'exitedCode' | 'killed' | 'removing' | 'dead'

export interface ContainerLook {
  look: StateLook
  word: StateWord
  code?: number
}

/** 128 + SIGINT, SIGTERM: asked to stop and did. 137 is SIGKILL, by a stop that ran out of patience or by the kernel. */
const STOPPED_BY_SIGNAL = new Set([130, 143])
const KILLED = 137

/** The shape and the word of a state. An exit with a code of its own making is a failure; one that was asked for is not. */
export function containerLook(state: ContainerState): ContainerLook {
  switch (state.status) {
    case 'running': return state.health === 'unhealthy' ? { look: 'unhealthy', word: 'unhealthy' } : { look: 'running', word: state.health === 'healthy' ? 'healthy' : 'running' }
    case 'paused': return { look: 'paused', word: 'paused' }
    case 'restarting': return { look: 'starting', word: 'restarting' }
    case 'removing': return { look: 'starting', word: 'removing' }
    case 'created': return { look: 'created', word: 'created' }
    case 'dead': return { look: 'failed', word: 'dead' }
    case 'exited':
      if (state.code === 0) return { look: 'exited', word: 'exited' }
      if (state.code === KILLED) return { look: 'exited', word: 'killed', code: state.code }
      return { look: state.asked || STOPPED_BY_SIGNAL.has(state.code) ? 'exited' : 'failed', word: 'exitedCode', code: state.code }
  }
}

/** For sorting: what runs first, then what needs looking at, then the rest. */
export function stateRank(state: ContainerState): number {
  const order: StateLook[] = ['unhealthy', 'running', 'starting', 'paused', 'failed', 'created', 'exited']
  return order.indexOf(containerLook(state).look)
}

/** The few words that hundreds of rows say, many times a second. */
const spoken = new Map<string, string>()

/** The state as shown: what was just asked for wins over what was last heard. */
export function useContainerWords() {
  const { t, locale } = useI18n()
  const work = useContainerWork()
  const verbLook: Record<ContainerVerb, StateLook> = { start: 'starting', stop: 'starting', restart: 'starting', kill: 'starting', pause: 'starting', unpause: 'starting', remove: 'starting' }
  return (container: { id: string; state: ContainerState }): { look: StateLook; word: string } => {
    const verb = work.verbs.get(container.id)
    if (verb) return { look: verbLook[verb], word: t(`containers.doing.${verb}`) }
    const { look, word, code } = containerLook(container.state)
    const key = `${locale.value} ${word} ${code ?? ''}`
    const known = spoken.get(key) ?? t(`containers.state.${word}`, { code: code ?? 0 })
    spoken.set(key, known)
    return { look, word: known }
  }
}
