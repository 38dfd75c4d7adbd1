import { useI18n } from 'vue-i18n'
import type { ClusterNode, ClusterService, ClusterTask, TaskState } from '#shared/contract/cluster.ts'
import type { PublishedPort } from '#shared/contract/service-draft.ts'
import type { StateLook } from '../../ui/state-look.ts'

interface Badge {
  look: StateLook
  word: string
}
const taskLooks: Record<TaskState, StateLook> = {
  new: 'created', pending: 'created', assigned: 'starting', accepted: 'starting', preparing: 'starting', ready: 'starting', starting: 'starting', running: 'running',
  complete: 'exited', shutdown: 'exited', failed: 'failed', rejected: 'failed', remove: 'exited', orphaned: 'unhealthy',
}

/** How many of a service's tasks run, of how many that are to. */
export interface Counts {
  running: number
  wanted: number
  /** By the settings of now. */
  current: number
}
export function countsOf(service: ClusterService, tasks: readonly ClusterTask[] = []): Counts {
  const running = tasks.filter(({ state }) => state === 'running')
  return { running: running.length, wanted: service.replicas ?? tasks.length, current: running.filter(({ current }) => current).length }
}

/** States of a cluster's things as shapes and words. */
export function useClusterWords() {
  const { t } = useI18n()

  function node({ state, availability }: ClusterNode): Badge {
    if (state !== 'ready') return { look: state === 'down' ? 'failed' : 'unhealthy', word: t(`cluster.node.states.${state}`) }
    return { look: availability === 'active' ? 'running' : 'paused', word: t(`cluster.node.availability.${availability}`) }
  }
  const task = ({ state }: Pick<ClusterTask, 'state'>): Badge => ({ look: taskLooks[state] ?? 'created', word: t(`cluster.task.states.${state}`) })

  function service(each: ClusterService, tasks: readonly ClusterTask[] = []): Badge {
    const { running, wanted } = countsOf(each, tasks)
    const state = each.update?.state
    if (state === 'paused' || state === 'rollback_paused') return { look: 'unhealthy', word: t(`cluster.service.updates.${state}`) }
    if (state === 'updating' || state === 'rollback_started') return { look: 'starting', word: t(`cluster.service.updates.${state}`) }
    if (each.mode === 'job') return { look: 'exited', word: t('cluster.service.states.job') }
    if (wanted === 0) return { look: 'exited', word: t('cluster.service.states.none') }
    if (running >= wanted) return { look: 'running', word: t('cluster.service.states.running') }
    const broken = tasks.some(({ error }) => error)
    return broken ? { look: 'failed', word: t('cluster.service.states.failing') } : { look: 'starting', word: t('cluster.service.states.starting') }
  }
  /** `web.3` */
  const taskName = (each: ClusterTask, services: readonly ClusterService[]) => `${services.find(({ id }) => id === each.service)?.name ?? each.service.slice(0, 12)}${each.slot === undefined ? '' : `.${each.slot}`}`
  const port = ({ published, target, protocol, mode }: PublishedPort) => `${published ?? '*'}→${target}${protocol === 'tcp' ? '' : `/${protocol}`}${mode === 'host' ? ` ${t('cluster.service.hostMode')}` : ''}`
  return { node, task, service, taskName, port }
}
