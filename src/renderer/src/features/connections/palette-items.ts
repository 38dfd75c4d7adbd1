import { Cable, Layers2 } from 'lucide-vue-next'
import { computed, type ComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'
import { useEngineState } from '../../stores/engine-state.ts'
import type { PaletteItem } from '../../ui/palette.ts'
import { addressOf, connectionLooks, useConnectionWords } from './connection-words.ts'
import { useConnections } from './use-connections.ts'

/** The other engines by name, and the way to add one. */
export function useConnectionItems(): ComputedRef<PaletteItem[]> {
  const { t } = useI18n()
  const router = useRouter()
  const store = useEngineState()
  const { all, name } = useConnectionWords()
  const { select } = useConnections()
  return computed(() => [
    ...all.value
      .filter(({ id }) => id !== store.connectionId)
      .map((connection) => ({ id: `connection ${connection.id}`, label: t('connections.showNamed', { name: name(connection) }), note: addressOf(connection.target), group: 'actions' as const, icon: Cable, look: connectionLooks[connection.state.status], run: () => void select(connection.id) })),
    ...(all.value.length > 1 ? [{ id: 'everywhere', label: t('everywhere.title'), group: 'pages' as const, icon: Layers2, run: () => void router.push('/everywhere/containers') }] : []),
    { id: 'connect', label: t('connections.add'), group: 'actions', icon: Cable, run: () => void router.push({ path: '/connections', query: { add: null } }) },
  ])
}
