import { computed } from 'vue'
import { useI18n } from 'vue-i18n'
import type { ConnectionState, ConnectionSummary, ConnectionTarget, SshHop } from '#shared/contract/connections.ts'
import { errorLine } from '../../composables/use-error-words.ts'
import { interpret } from '../../locales/i18n.ts'
import { useEngineState } from '../../stores/engine-state.ts'
import type { StateLook } from '../../ui/state-look.ts'

const bracketed = (host: string) => (host.includes(':') ? `[${host}]` : host)
const hopAddress = ({ host, port, user }: SshHop) => `${user ? `${user}@` : ''}${bracketed(host)}${port === undefined || port === 22 ? '' : `:${port}`}`

/** As it would be typed after DOCKER_HOST. */
export function addressOf(target: ConnectionTarget): string {
  if (target.kind === 'embedded' || target.kind === 'socket') return `unix://${target.socketPath}`
  if (target.kind === 'tcp') return `tcp://${bracketed(target.host)}:${target.port}`
  return `ssh://${hopAddress(target)}${target.socketPath ?? ''}`
}

export const connectionLooks: Record<ConnectionState['status'], StateLook> = { connecting: 'starting', ready: 'running', reconnecting: 'starting', failed: 'failed' }
export const connectionColour = ({ colour }: Pick<ConnectionSummary, 'colour'>): string | undefined => (colour === undefined ? undefined : `var(--identity-${colour})`)

/** What is said of a connection, everywhere the same. */
export function useConnectionWords() {
  const { t } = useI18n()
  const store = useEngineState()
  const word = ({ status }: ConnectionState) => t(`connections.states.${status}`)
  return {
    /** By their places. */
    all: computed(() => store.connections.list.toSorted((a, b) => a.place - b.place)),
    word,
    name: ({ name, target }: ConnectionSummary) => (target.kind === 'embedded' ? t('frame.thisMachine') : name),
    /** How it is, in a line: who answers, or why nobody does. */
    line: ({ state }: ConnectionSummary) => {
      if (state.status === 'ready') return `${state.facts.product} ${state.facts.version}`
      if (state.status === 'failed') return errorLine(state.error)
      return state.reason === undefined ? word(state) : t('connections.because', { state: word(state), reason: interpret(state.reason) })
    },
    way: (target: ConnectionTarget) => [addressOf(target), target.kind === 'ssh' && target.jump ? t('connections.through', { host: hopAddress(target.jump) }) : '', target.kind === 'tcp' && !target.tls ? t('connections.plain') : ''].filter(Boolean).join(' '),
  }
}
