import { ArrowDownToLine, ArrowUpToLine, CirclePause, CirclePlay, History, Minus, PanelRight, Pencil, Plus, RotateCw, ScrollText, Tag, Trash2 } from 'lucide-vue-next'
import { useI18n } from 'vue-i18n'
import { useRoute, useRouter } from 'vue-router'
import type { ClusterNode, ClusterService } from '#shared/contract/cluster.ts'
import type { MenuAction } from '../../ui/menu.ts'
import { useClusterActions } from './use-cluster-actions.ts'

/** The menus of nodes and services: the same in the lists, in the picture and in their panes. */
export function useClusterMenus() {
  const { t } = useI18n()
  const route = useRoute()
  const router = useRouter()
  const actions = useClusterActions()
  const open = (path: string) => void router.push({ path: `/cluster/${path}`, query: route.query })
  const ask = (query: Record<string, string>) => void router.push({ path: route.path, query: { ...route.query, ...query } })

  const nodeMenu = (node: ClusterNode): MenuAction[] => [
    { id: 'show', label: t('cluster.node.show'), icon: PanelRight, keys: 'enter', run: () => open(`nodes/${node.id}`) },
    node.availability === 'drain'
      ? { id: 'activate', label: t('cluster.node.activate'), icon: CirclePlay, keys: 'd', separated: true, run: () => void actions.setAvailability(node, 'active') }
      : { id: 'drain', label: t('cluster.node.drain'), icon: ArrowDownToLine, keys: 'd', separated: true, run: () => void actions.setAvailability(node, 'drain') },
    node.availability === 'pause'
      ? { id: 'resume', label: t('cluster.node.resume'), icon: CirclePlay, run: () => void actions.setAvailability(node, 'active') }
      : { id: 'pause', label: t('cluster.node.pause'), icon: CirclePause, disabled: node.availability === 'drain', run: () => void actions.setAvailability(node, 'pause') },
    node.role === 'worker'
      ? { id: 'promote', label: t('cluster.node.promote'), icon: ArrowUpToLine, separated: true, run: () => void actions.setRole(node, 'manager') }
      : { id: 'demote', label: t('cluster.node.demote'), icon: ArrowDownToLine, separated: true, run: () => void actions.setRole(node, 'worker') },
    { id: 'labels', label: t('cluster.node.editLabels'), icon: Tag, run: () => ask({ labels: node.id }) },
    { id: 'remove', label: t('cluster.node.remove.verb'), icon: Trash2, keys: 'del', danger: true, separated: true, disabled: node.role === 'manager', run: () => void actions.removeNode(node) },
  ]

  const serviceMenu = (service: ClusterService): MenuAction[] => [
    { id: 'show', label: t('cluster.service.show'), icon: PanelRight, keys: 'enter', run: () => open(`services/${service.id}/tasks`) },
    { id: 'logs', label: t('containers.tabs.logs'), icon: ScrollText, run: () => open(`services/${service.id}/logs`) },
    ...(service.replicas === undefined
      ? []
      : [
          { id: 'more', label: t('cluster.service.further'), icon: Plus, keys: '+', separated: true, run: () => void actions.scale(service, (service.replicas ?? 0) + 1) },
          { id: 'fewer', label: t('cluster.service.fewer'), icon: Minus, keys: '-', disabled: service.replicas === 0, run: () => void actions.scale(service, (service.replicas ?? 1) - 1) },
        ]),
    { id: 'change', label: t('cluster.service.change'), icon: Pencil, keys: '@edit', separated: true, disabled: service.mode === 'job', run: () => ask({ service: `edit:${service.id}` }) },
    { id: 'restart', label: t('cluster.service.restart'), icon: RotateCw, run: () => void actions.restart(service) },
    { id: 'rollback', label: t('cluster.service.rollback'), icon: History, disabled: !service.previous, run: () => void actions.rollback(service) },
    { id: 'remove', label: t('cluster.service.remove.verb'), icon: Trash2, keys: 'del', danger: true, separated: true, run: () => void actions.removeServices([service]) },
  ]
  return { nodeMenu, serviceMenu, actions, open, ask }
}
