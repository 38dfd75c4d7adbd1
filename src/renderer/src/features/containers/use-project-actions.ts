import { ListFilter, Play, RotateCw, ScrollText, Square, Trash2 } from 'lucide-vue-next'
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'
import { canStart, canStop, type ContainerSummary } from '#shared/contract/containers.ts'
import { formatToken } from '../../ui/filter-query.ts'
import type { MenuAction } from '../../ui/menu.ts'
import { useManifestMenu } from '../kubernetes/use-manifest-menu.ts'
import { useMoveMenu } from '../move/use-move-menu.ts'
import { useContainerActions } from './use-container-actions.ts'

/** What can be done with the containers of one compose project. */
export function useProjectActions() {
  const actions = useContainerActions()
  const router = useRouter()
  const { t } = useI18n()
  const manifestLine = useManifestMenu()
  const moveLine = useMoveMenu()
  const menuFor = (name: string, some: readonly ContainerSummary[]): MenuAction[] => [
    { id: 'start', label: t('containerPages.project.start', { name }), icon: Play, disabled: !some.some(({ state }) => canStart(state)), run: () => void actions.start(some) },
    { id: 'stop', label: t('containerPages.project.stop', { name }), icon: Square, disabled: !some.some(({ state }) => canStop(state)), run: () => void actions.stop(some) },
    { id: 'restart', label: t('containerPages.project.restart', { name }), icon: RotateCw, run: () => void actions.restart(some) },
    { id: 'logs', label: t('containerPages.project.logs', { name }), icon: ScrollText, separated: true, run: () => void router.push({ path: '/logs', query: { project: name } }) },
    { id: 'filter', label: t('containerPages.project.filter', { name }), icon: ListFilter, run: () => void router.push({ path: '/containers', query: { q: formatToken('project', name) } }) },
    manifestLine('project', name),
    moveLine('project', name),
    { id: 'remove', label: t('containerPages.project.remove', { name }), icon: Trash2, danger: true, separated: true, run: () => void actions.remove(some) },
  ]
  return { menuFor }
}
