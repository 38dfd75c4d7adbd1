import { useI18n } from 'vue-i18n'
import { canStop, type ContainerSummary } from '#shared/contract/containers.ts'
import { reviveError } from '#shared/contract/errors.ts'
import type { NetworkCreateRequest, NetworkSummary } from '#shared/contract/networks.ts'
import { useBulkRemove } from '../../composables/use-bulk-remove.ts'
import { useEngine } from '../../composables/use-engine.ts'
import { useUndo } from '../../composables/use-undo.ts'
import { useEngineState } from '../../stores/engine-state.ts'
import { useQuestions } from '../../stores/questions.ts'
import { useToasts } from '../../stores/toasts.ts'
import { mappingsOf } from '#shared/network/ports.ts'
import { useNetworkMembers } from './use-network-members.ts'

export interface Joining {
  container: ContainerSummary
  network: NetworkSummary
  aliases?: string[]
  ipv4?: string
}

/** An engine keeps a network for as long as one that runs is on it. */
const isUp = ({ state }: ContainerSummary) => canStop(state)

/** What a disconnection would cut: who is reached over that network alone, and the ports that the machine leads there. */
export function cutBy(container: ContainerSummary, network: Pick<NetworkSummary, 'name'>, all: readonly ContainerSummary[]): { names: string[]; ports: number[] } {
  if (!isUp(container)) return { names: [], ports: [] }
  const isOn = (each: ContainerSummary, name: string) => each.networks.some((one) => one.network === name)
  const left = container.networks.filter((each) => each.network !== network.name)
  const lost = all.filter((each) => each.id !== container.id && isUp(each) && isOn(each, network.name) && !left.some((one) => isOn(each, one.network)))
  return { names: lost.map(({ name }) => name), ports: left.length > 0 ? [] : mappingsOf(container.ports).flatMap(({ hostPort }) => hostPort ?? []) }
}

/** What can be done with networks and who is on them; every change says so and can be taken back. */
export function useNetworkActions() {
  const engine = useEngine()
  const store = useEngineState()
  const { done, follow, takeBack } = useUndo()
  const questions = useQuestions()
  const toasts = useToasts()
  const bulkRemove = useBulkRemove()
  const membersOf = useNetworkMembers()
  const { t } = useI18n()

  /** @throws what the engine refused, for the form that asked. */
  async function connect({ container, network, aliases, ipv4 }: Joining) {
    await follow(engine.networks.connect({ network: network.id, container: container.id, ...(aliases?.length && { aliases }), ...(ipv4 && { ipv4 }) }))
    done(t('networks.did.connected', { container: container.name, network: network.name }), () => engine.networks.disconnect({ network: network.id, container: container.id }))
  }

  /** Asked first when it would cut something that runs. @returns false when the user thought better of it. */
  async function disconnect(container: ContainerSummary, network: NetworkSummary): Promise<boolean> {
    const { names, ports } = cutBy(container, network, store.containers.list)
    const lost = [...names, ...ports.map((port) => t('networks.disconnect.port', { port }))]
    if (lost.length > 0) {
      const answer = await questions.ask({ title: t('networks.disconnect.title', { container: container.name, network: network.name }), text: t('networks.disconnect.cuts', { container: container.name }), lost, confirm: t('networks.disconnect.confirm') })
      if (!answer) return false
    }
    const before = container.networks.find((each) => each.network === network.name)
    try {
      await follow(engine.networks.disconnect({ network: network.id, container: container.id }))
    } catch (error) {
      toasts.refused(t('networks.disconnect.failed', { container: container.name, network: network.name }), error)
      return false
    }
    done(t('networks.did.disconnected', { container: container.name, network: network.name }), () => rejoin(container, network, before?.aliases, before?.ipv4))
    return true
  }

  /** With the address it had, where the network lets addresses be chosen. */
  async function rejoin(container: ContainerSummary, network: NetworkSummary, aliases: string[] | undefined, ipv4: string | undefined) {
    const request = { network: network.id, container: container.id, ...(aliases?.length && { aliases }) }
    if (ipv4 === undefined || network.predefined) return engine.networks.connect(request)
    await engine.networks.connect({ ...request, ipv4 }).catch(() => engine.networks.connect(request))
  }

  /** @throws what the engine refused, for the form that asked. */
  async function create(request: NetworkCreateRequest): Promise<string> {
    const { id } = await follow(engine.networks.create(request))
    done(t('networks.did.created', { network: request.name }), async () => {
      const [outcome] = await engine.networks.remove({ ids: [id] })
      if (outcome?.error) throw reviveError(outcome.error)
    })
    return id
  }

  const remove = (some: readonly NetworkSummary[]) => {
    const kept = some.filter(({ predefined }) => !predefined)
    const usersOf = (network: NetworkSummary) => membersOf(network).map(({ container }) => container)
    const users = [...new Set(kept.flatMap(usersOf))]
    const named = (some: readonly ContainerSummary[]) => some.map(({ name }) => name).join(', ')
    const [running, stopped] = [users.filter(isUp), users.filter((user) => !isUp(user))]
    const text = [running.length > 0 && t('networks.remove.used', { names: named(running) }), stopped.length > 0 && t('networks.remove.stopped', { names: named(stopped) })].filter(Boolean).join(' ')
    return kept.length > 0 && bulkRemove({ noun: 'networks', names: kept.map(({ name }) => name), text, blocked: kept.every((network) => usersOf(network).some(isUp)), call: () => engine.networks.remove({ ids: kept.map(({ id }) => id) }) })
  }

  /** Those that nobody is on, stopped containers included: told by name before they go. */
  const unused = () => store.networks.list.filter((network) => !network.predefined && membersOf(network).length === 0)

  return { connect, disconnect, create, remove, unused, takeBack }
}
