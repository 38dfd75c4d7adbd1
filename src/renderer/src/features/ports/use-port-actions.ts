import { computed, shallowRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { canStop, type ContainerSummary, type PortMapping } from '#shared/contract/containers.ts'
import { isEngineError } from '#shared/errors.ts'
import { mappingsOf, type PortRange, takenPorts } from '#shared/network/ports.ts'
import type { PortListener } from '#shared/contract/ports.ts'
import { useEngine } from '../../composables/use-engine.ts'
import { useUndo } from '../../composables/use-undo.ts'
import { useEngineState } from '../../stores/engine-state.ts'
import { useQuestions } from '../../stores/questions.ts'
import { useToasts } from '../../stores/toasts.ts'
import { sharesPorts, withRange } from './board-model.ts'
import { rangeLabel } from './range-words.ts'

/** Why the ports of a container cannot be changed as it runs. */
export type Fixed = 'engine' | 'shared' | undefined

const listeners = shallowRef<readonly PortListener[]>([])
/** Other programs are known, as of the last look. */
const known = shallowRef(false)

/** Ports of the machine and of containers; every change is live, says so and can be taken back. */
export function usePortActions() {
  const engine = useEngine()
  const store = useEngineState()
  const { done, follow } = useUndo()
  const questions = useQuestions()
  const toasts = useToasts()
  const { t } = useI18n()

  const live = computed(() => store.connection?.state.status !== 'ready' || store.connection.state.facts.slipway)
  const fixed = (container: ContainerSummary): Fixed => (!live.value ? 'engine' : sharesPorts(container) ? 'shared' : undefined)

  /** Other programs come and go without telling: who opens the board or a form looks once. */
  async function look() {
    try {
      listeners.value = await engine.ports.listeners()
      known.value = true
    } catch (error) {
      known.value = false
      listeners.value = []
      if (!isEngineError(error, 'not-implemented') && !isEngineError(error, 'not-found') && !isEngineError(error, 'unavailable')) toasts.refused(t('ports.lookFailed'), error)
    }
  }
  const taken = computed(() => takenPorts(store.containers.list, listeners.value))
  /** Without what is about to be replaced. */
  const takenBut = (container: string | undefined, range: PortRange | undefined) =>
    taken.value.filter((each) => !(each.container === container && range?.first.hostPort !== undefined && each.port >= range.first.hostPort && each.port < range.first.hostPort + range.count && each.protocol === range.first.protocol))

  const set = (container: string, ports: PortMapping[]) => follow(engine.ports.change({ container, ports }))
  const current = (id: string) => mappingsOf(store.containers.find(id)?.ports ?? [])
  /** One range in place of another on the same container. `before` is all it published. @throws what the engine refused. */
  async function replace(container: ContainerSummary, from: PortRange | undefined, to: PortRange | undefined, before = current(container.id)) {
    const answer = await set(container.id, withRange(before, from, to))
    const now = to && { ...to, first: { ...to.first, hostPort: to.first.hostPort ?? answer.find(({ containerPort, protocol }) => containerPort === to.first.containerPort && protocol === to.first.protocol)?.hostPort } }
    const names = { container: container.name, port: rangeLabel(now ?? from ?? { first: { containerPort: 0, protocol: 'tcp' }, count: 1 }), inside: (now ?? from)?.first.containerPort ?? 0 }
    done(now ? t('ports.did.published', names) : t('ports.did.removed', names), () => set(container.id, before))
  }

  /** From one container to another, which has it from the moment the first has let go. @throws what was refused; then the first has it again. */
  async function move(from: ContainerSummary, range: PortRange, to: ContainerSummary, containerPort: number) {
    const [before, after] = [current(from.id), current(to.id)]
    await set(from.id, withRange(before, range, undefined))
    try {
      await set(to.id, withRange(after, undefined, { ...range, first: { ...range.first, containerPort } }))
    } catch (error) {
      await set(from.id, before)
      throw error
    }
    done(t('ports.did.moved', { port: rangeLabel(range), from: from.name, to: to.name }), async () => {
      await set(to.id, after)
      await set(from.id, before)
    })
  }

  async function remove(container: ContainerSummary, range: PortRange) {
    if (canStop(container.state)) {
      const answer = await questions.ask({ title: t('ports.remove.title', { port: rangeLabel(range) }), text: t('ports.remove.text', { container: container.name }), confirm: t('ports.remove.confirm') })
      if (!answer) return
    }
    await quietly(() => replace(container, range, undefined))
  }
  /** For deeds without a form to tell a refusal in. */
  async function quietly(deed: () => Promise<unknown>) {
    try {
      await deed()
    } catch (error) {
      toasts.refused(t('ports.failed'), error)
    }
  }
  return { live, fixed, look, listeners, known, taken, takenBut, replace, move, remove, quietly }
}
