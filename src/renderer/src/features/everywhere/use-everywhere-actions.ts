import { Eye, Play, RotateCw, Square, Trash2 } from 'lucide-vue-next'
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'
import { canStart, canStop, type EachOutcome } from '#shared/contract/containers.ts'
import { useEngine } from '../../composables/use-engine.ts'
import type { EngineProxy } from '../../engine/proxy.ts'
import { useContainerWork, type ContainerVerb } from '../../stores/container-work.ts'
import { useQuestions } from '../../stores/questions.ts'
import { useToasts } from '../../stores/toasts.ts'
import type { MenuAction } from '../../ui/menu.ts'
import { useConnections } from '../connections/use-connections.ts'
import type { EverywhereNoun, EverywhereRow } from './everywhere-rows.ts'

type Some = readonly EverywhereRow[]
type EngineClient = ReturnType<EngineProxy['on']>

export const mayStart = ({ container }: EverywhereRow): boolean => container !== undefined && canStart(container.state)
export const mayStop = ({ container }: EverywhereRow): boolean => container !== undefined && canStop(container.state)

/** Asks each engine for its own, all at once, and tells what was refused. */
function useAskEach(noun: () => EverywhereNoun) {
  const { t } = useI18n()
  const engine = useEngine()
  const work = useContainerWork()
  const toasts = useToasts()

  const failed = (verb: ContainerVerb, name: string) => (noun() === 'containers' ? t(`containers.failed.${verb}`, { name }) : t(`${noun()}.remove.failed`, { name }))
  return async function askEach(verb: ContainerVerb, some: Some, call: (client: EngineClient, ids: string[]) => Promise<EachOutcome[]>) {
    const groups = [...Map.groupBy(some, ({ connection }) => connection)]
    const askOne = async (connection: string, rows: EverywhereRow[]) => {
      try {
        const outcomes = await call(engine.on(connection), rows.map(({ id }) => id))
        outcomes.forEach(({ error }, index) => error && toasts.refused(failed(verb, rows[index]?.name ?? ''), error))
      } catch (error) {
        toasts.refused(failed(verb, rows.map(({ name }) => name).join(', ')), error)
      }
    }
    await work.during(some.map(({ id }) => id), verb, () => Promise.all(groups.map(([connection, rows]) => askOne(connection, rows))))
  }
}

/** What can be done with objects of several engines at once: each engine is asked for its own. Everything else is done where it lives. */
export function useEverywhereActions(noun: () => EverywhereNoun, place: (row: EverywhereRow) => string) {
  const { t } = useI18n()
  const questions = useQuestions()
  const router = useRouter()
  const { select } = useConnections()

  const askEach = useAskEach(noun)
  const start = (some: Some) => askEach('start', some.filter(mayStart), ({ containers }, ids) => containers.start({ ids }))
  const stop = (some: Some) => askEach('stop', some.filter(mayStop), ({ containers }, ids) => containers.stop({ ids }))
  const restart = (some: Some) => askEach('restart', some, ({ containers }, ids) => containers.restart({ ids }))

  async function remove(given: Some): Promise<void> {
    const some = given.filter(({ isFixed }) => !isFixed)
    if (some.length === 0) return
    const running = some.filter(mayStop).length
    const [only] = some.length === 1 ? some : []
    const answer = await questions.ask({
      title: only ? t(`${noun()}.remove.titleOne`, { name: only.name }) : t(`${noun()}.remove.titleMany`, some.length),
      text: [running > 0 && (only ? t('containers.remove.runningOne') : t('containers.remove.runningMany', running)), t(`${noun()}.remove.lost`, some.length)].filter(Boolean).join(' '),
      lost: some.map((row) => t('everywhere.on', { name: row.name, engine: place(row) })),
      confirm: t(`${noun()}.remove.confirm`, some.length),
    })
    if (!answer) return
    const force = running > 0
    await askEach('remove', some, (client, ids) => {
      switch (noun()) {
        case 'containers': return client.containers.remove({ ids, force })
        case 'images': return client.images.remove({ ids })
        case 'networks': return client.networks.remove({ ids })
        case 'volumes': return client.volumes.remove({ names: ids })
      }
    })
  }

  /** On its own page, the window showing its engine from then on. */
  async function open(row: EverywhereRow): Promise<void> {
    await select(row.connection)
    await router.push(noun() === 'containers' ? `/containers/${row.id}/overview` : `/${noun()}/${row.id}`)
  }

  function menuFor(row: EverywhereRow): MenuAction[] {
    const verbs: MenuAction[] = row.container
      ? [
          mayStart(row) ? { id: 'start', label: t('containers.verbs.start'), icon: Play, run: () => void start([row]) } : { id: 'stop', label: t('containers.verbs.stop'), icon: Square, disabled: !mayStop(row), run: () => void stop([row]) },
          { id: 'restart', label: t('containers.verbs.restart'), icon: RotateCw, disabled: !mayStop(row), run: () => void restart([row]) },
        ]
      : []
    return [
      { id: 'open', label: t('everywhere.open', { engine: place(row) }), icon: Eye, keys: 'enter', run: () => void open(row) },
      ...verbs.map((verb, index) => ({ ...verb, separated: index === 0 })),
      { id: 'remove', label: t('containers.verbs.remove'), icon: Trash2, danger: true, keys: 'del', separated: true, disabled: row.isFixed ?? false, run: () => void remove([row]) },
    ]
  }
  return { start, stop, restart, remove, open, menuFor }
}
