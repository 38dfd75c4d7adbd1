import { Send } from 'lucide-vue-next'
import { computed } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'
import type { ConnectionId, ConnectionSummary } from '#shared/contract/connections.ts'
import { useEngine } from '../../composables/use-engine.ts'
import { useFormats } from '../../composables/use-formats.ts'
import type { Carried } from '../../stores/carried.ts'
import { useEngineState } from '../../stores/engine-state.ts'
import { useToasts } from '../../stores/toasts.ts'
import { useWork } from '../../stores/work.ts'
import type { MenuAction } from '../../ui/menu.ts'
import { useConnectionWords } from './connection-words.ts'

/** Copying an image or a volume to another engine. */
export function useCopies() {
  const { t } = useI18n()
  const { bytes } = useFormats()
  const engine = useEngine()
  const store = useEngineState()
  const works = useWork()
  const toasts = useToasts()
  const router = useRouter()
  const { all, name } = useConnectionWords()
  const others = computed(() => all.value.filter(({ id }) => id !== store.connectionId))

  /** The line of a menu; none where there is no other engine. */
  function menuLine(thing: Carried): MenuAction[] {
    if (others.value.length === 0) return []
    const { path, query } = router.currentRoute.value
    return [{ id: 'copyTo', label: t('connections.copy.action'), icon: Send, run: () => void router.push({ path, query: { ...query, copy: `${thing.kind}:${thing.id}` } }) }]
  }

  /** Says what came of it; a failure stays in the list of work too. @throws as the call does */
  async function copy(thing: Carried, to: ConnectionSummary, as = thing.name): Promise<void> {
    const target: ConnectionId = to.id
    const { done } = works.begin('copy', thing.name, async (options) => (thing.kind === 'image' ? await engine.copies.image({ id: thing.id, to: target }, options) : await engine.copies.volume({ name: thing.id, to: target, as }, options)))
    const answer = await done
    const text = !('layers' in answer) ? undefined : answer.layersThere === answer.layers && answer.bytes === 0 ? t('connections.copy.there') : answer.layersThere > 0 ? t('connections.copy.thin', { there: answer.layersThere, layers: answer.layers, size: bytes(answer.bytes) }) : t('connections.copy.whole', { size: bytes(answer.bytes) })
    toasts.show({ tone: 'plain', title: t('connections.copy.done', { name: thing.name, engine: name(to) }), ...(text !== undefined && { text }) })
  }

  /** For a hand that let go: what goes wrong is told where it stands. */
  const drop = (thing: Carried, to: ConnectionSummary) => copy(thing, to).catch((error: unknown) => toasts.refused(t('connections.copy.failed', { name: thing.name }), error))
  return { others, menuLine, copy, drop }
}
