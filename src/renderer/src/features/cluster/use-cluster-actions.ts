import { useI18n } from 'vue-i18n'
import type { Availability, ClusterFile, ClusterNode, ClusterService, NodeRole } from '#shared/contract/cluster.ts'
import { reviveError } from '#shared/contract/errors.ts'
import { useEngine } from '../../composables/use-engine.ts'
import { useUndo } from '../../composables/use-undo.ts'
import { useQuestions } from '../../stores/questions.ts'
import { useToasts } from '../../stores/toasts.ts'
import { useCluster } from './use-cluster.ts'

/** Told when refused. @returns whether it was done. */
function useQuietly() {
  const toasts = useToasts()
  return async (title: string, deed: () => Promise<unknown>): Promise<boolean> => {
    try {
      await deed()
      return true
    } catch (error) {
      toasts.refused(title, error)
      return false
    }
  }
}

function useNodeActions() {
  const { t } = useI18n()
  const engine = useEngine()
  const cluster = useCluster()
  const questions = useQuestions()
  const toasts = useToasts()
  const { done, follow } = useUndo()
  const quietly = useQuietly()

  async function setAvailability(node: ClusterNode, availability: Availability) {
    if (availability === node.availability) return
    const change = (to: Availability) => engine.cluster.changeNode({ id: node.id, availability: to })
    if (await quietly(t('cluster.node.failed', { name: node.name }), () => follow(change(availability)))) done(t(`cluster.node.did.${availability}`, { name: node.name }), () => change(node.availability))
  }
  async function setRole(node: ClusterNode, role: NodeRole) {
    const managers = cluster.contents.value?.nodes.filter((each) => each.role === 'manager').length ?? 0
    if (role === 'worker' && managers <= 1) return toasts.show({ tone: 'error', title: t('cluster.node.lastManager', { name: node.name }), text: t('cluster.node.lastManagerText') })
    const change = (to: NodeRole) => engine.cluster.changeNode({ id: node.id, role: to })
    if (await quietly(t('cluster.node.failed', { name: node.name }), () => follow(change(role)))) done(t(`cluster.node.did.${role}`, { name: node.name }), () => change(node.role))
  }
  async function removeNode(node: ClusterNode) {
    const alive = node.state !== 'down'
    const answer = await questions.ask({ title: t('cluster.node.remove.title', { name: node.name }), text: alive ? t('cluster.node.remove.alive') : t('cluster.node.remove.text'), confirm: t('cluster.node.remove.confirm') })
    if (answer) await quietly(t('cluster.node.remove.failed', { name: node.name }), () => engine.cluster.removeNode({ id: node.id, force: alive }))
  }
  return { setAvailability, setRole, removeNode }
}

function useServiceActions() {
  const { t } = useI18n()
  const engine = useEngine()
  const cluster = useCluster()
  const questions = useQuestions()
  const { done, follow } = useUndo()
  const quietly = useQuietly()

  async function scale(service: ClusterService, replicas: number) {
    const before = service.replicas ?? 1
    if (replicas === before) return
    const change = (to: number) => engine.cluster.scale({ id: service.id, replicas: to })
    if (await quietly(t('cluster.service.failed', { name: service.name }), () => follow(change(replicas)))) done(t('cluster.service.did.scaled', { name: service.name, count: replicas }), () => change(before))
  }
  const restart = (service: ClusterService) => quietly(t('cluster.service.failed', { name: service.name }), () => engine.cluster.restart({ id: service.id }))
  const rollback = (service: ClusterService) => quietly(t('cluster.service.failed', { name: service.name }), () => engine.cluster.rollback({ id: service.id }))

  async function removeServices(services: readonly ClusterService[]): Promise<boolean> {
    const [one] = services
    if (!one) return false
    const tasks = services.reduce((sum, { id }) => sum + (cluster.tasksOf.value.get(id)?.length ?? 0), 0)
    const title = services.length === 1 ? t('cluster.service.remove.title', { name: one.name }) : t('cluster.service.remove.titleMany', services.length)
    const answer = await questions.ask({ title, text: t('cluster.service.remove.text', tasks), lost: services.length === 1 ? [] : services.map(({ name }) => name), confirm: t('cluster.service.remove.confirm', services.length) })
    if (!answer) return false
    return quietly(t('cluster.service.remove.failed', { name: one.name }), async () => {
      const failed = (await engine.cluster.remove({ ids: services.map(({ id }) => id) })).find(({ error }) => error)
      if (failed?.error) throw reviveError(failed.error)
    })
  }
  async function removeStack(name: string) {
    const lost = (cluster.contents.value?.services ?? []).filter(({ stack }) => stack === name).map((service) => service.name)
    const answer = await questions.ask({ title: t('cluster.stack.remove.title', { name }), text: t('cluster.stack.remove.text'), lost, confirm: t('cluster.stack.remove.verb') })
    if (answer) await quietly(t('cluster.stack.remove.failed', { name }), () => engine.cluster.removeStack({ name }))
  }
  return { scale, restart, rollback, removeServices, removeStack }
}

function useFileActions() {
  const { t } = useI18n()
  const engine = useEngine()
  const cluster = useCluster()
  const questions = useQuestions()
  const quietly = useQuietly()

  /** Those that a service uses cannot go: said with its name, before anything is tried. */
  async function removeFiles(kind: 'secrets' | 'configs', files: readonly ClusterFile[]) {
    const users = (cluster.contents.value?.services ?? []).filter((service) => service[kind].some((name) => files.some((file) => file.name === name)))
    const names = files.map(({ name }) => name)
    const blocked = users.length > 0
    const text = blocked ? t('cluster.files.remove.used', { names: users.map(({ name }) => name).join(', ') }) : t(`cluster.files.remove.${kind}`)
    const answer = await questions.ask({ title: t('cluster.files.remove.title', { names: names.join(', ') }), text, confirm: t('cluster.files.remove.confirm'), blocked })
    if (!answer) return
    await quietly(t('cluster.files.remove.failed', { names: names.join(', ') }), async () => {
      const ids = files.map(({ id }) => id)
      const failed = (await engine.cluster.removeFiles({ secrets: kind === 'secrets' ? ids : [], configs: kind === 'configs' ? ids : [] })).find(({ error }) => error)
      if (failed?.error) throw reviveError(failed.error)
    })
  }
  return { removeFiles }
}

/** What can be done to a cluster: asked first where it cannot be undone, told when refused. */
export const useClusterActions = () => ({ ...useNodeActions(), ...useServiceActions(), ...useFileActions() })
