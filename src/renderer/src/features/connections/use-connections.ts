import { ArrowDown, ArrowUp, Boxes, Eye, Pencil, RotateCw, Unplug } from 'lucide-vue-next'
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'
import type { ConnectionId, ConnectionSummary } from '#shared/contract/connections.ts'
import { errorLine } from '../../composables/use-error-words.ts'
import { useEngine } from '../../composables/use-engine.ts'
import { useEngineState } from '../../stores/engine-state.ts'
import { useQuestions } from '../../stores/questions.ts'
import { useToasts } from '../../stores/toasts.ts'
import type { MenuAction } from '../../ui/menu.ts'

/** What can be done with connections. */
export function useConnections() {
  const { t } = useI18n()
  const engine = useEngine()
  const store = useEngineState()
  const questions = useQuestions()
  const toasts = useToasts()
  const router = useRouter()
  const told = (title: string) => (error: unknown) => toasts.show({ tone: 'error', title, text: errorLine(error) })

  /** The window shows that engine; what is open of the other is closed, its list stays. */
  async function select(id: ConnectionId): Promise<void> {
    if (id === store.connectionId) return
    const { matched, path } = router.currentRoute.value
    if (matched.length > 1) await router.push(`/${path.split('/')[1]}`)
    await engine.connections.select({ id }).catch(told(t('connections.notSelected')))
  }
  const retry = (id: ConnectionId) => void engine.connections.retry({ id }).catch(() => undefined)
  const move = ({ id, place }: ConnectionSummary, by: number) => void engine.connections.move({ id, place: place + by }).catch(told(t('connections.notMoved')))

  async function remove({ id, name }: ConnectionSummary): Promise<void> {
    const answer = await questions.ask({ title: t('connections.remove.title', { name }), text: t('connections.remove.text'), confirm: t('connections.remove.confirm') })
    if (answer) await engine.connections.remove({ id }).catch(told(t('connections.remove.failed', { name })))
  }

  function menuFor(connection: ConnectionSummary): MenuAction[] {
    const { id, place, state, target } = connection
    const others = target.kind !== 'embedded' && id !== 'embedded'
    const last = store.connections.list.length - 1
    return [
      { id: 'show', label: t('connections.show'), icon: Eye, disabled: id === store.connectionId, run: () => void select(id) },
      { id: 'cluster', label: t('cluster.openOf'), icon: Boxes, disabled: state.status !== 'ready', run: () => void select(id).then(() => router.push('/cluster')) },
      ...(state.status === 'ready' ? [] : [{ id: 'retry', label: t('common.tryAgain'), icon: RotateCw, run: () => retry(id) }]),
      ...(others
        ? [
            { id: 'edit', label: t('connections.edit'), icon: Pencil, run: () => void router.push({ path: '/connections', query: { connection: id } }) },
            { id: 'up', label: t('connections.up'), icon: ArrowUp, separated: true, disabled: place <= 1, run: () => move(connection, -1) },
            { id: 'down', label: t('connections.down'), icon: ArrowDown, disabled: place >= last, run: () => move(connection, 1) },
            { id: 'remove', label: t('connections.remove.verb'), icon: Unplug, danger: true, separated: true, keys: 'del', run: () => void remove(connection) },
          ]
        : []),
    ]
  }
  return { select, retry, remove, menuFor }
}
