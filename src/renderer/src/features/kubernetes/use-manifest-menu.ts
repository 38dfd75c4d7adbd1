import { ShipWheel } from 'lucide-vue-next'
import { computed, type ComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'
import { useEngineState } from '../../stores/engine-state.ts'
import type { MenuAction } from '../../ui/menu.ts'
import type { PaletteItem } from '../../ui/palette.ts'

/** The line of a menu that writes a container, a project or a compose file down for Kubernetes. */
export function useManifestMenu() {
  const { t } = useI18n()
  const router = useRouter()
  return (kind: 'project' | 'container' | 'compose', name: string): MenuAction & { run: () => void } => ({
    id: 'kubernetes',
    label: t('kubernetes.action'),
    icon: ShipWheel,
    run() {
      const { path, query } = router.currentRoute.value
      void router.push({ path, query: { ...query, kubernetes: `${kind}:${name}` } })
    },
  })
}

/** Of each project and each container. */
export function useManifestItems(): ComputedRef<PaletteItem[]> {
  const { t } = useI18n()
  const store = useEngineState()
  const line = useManifestMenu()
  const projects = computed(() => [...new Set(store.containers.list.flatMap(({ compose }) => (compose ? [compose.project] : [])))])
  const item = (kind: 'project' | 'container', name: string) => ({ id: `kubernetes ${kind} ${name}`, label: t('palette.deed', { deed: t('kubernetes.action'), name }), icon: ShipWheel, deep: true, run: line(kind, name).run })
  return computed(() => [...projects.value.map((name) => ({ ...item('project', name), group: 'projects' as const })), ...store.containers.list.map(({ name }) => ({ ...item('container', name), group: 'containers' as const }))])
}
