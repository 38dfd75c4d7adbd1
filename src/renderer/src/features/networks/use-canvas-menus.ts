import { Cable, LayoutGrid, Maximize, PanelRight, Plus, Trash2, Undo2, Unplug } from 'lucide-vue-next'
import { useI18n } from 'vue-i18n'
import type { ContainerSummary } from '#shared/contract/containers.ts'
import { useEngineState } from '../../stores/engine-state.ts'
import { useLastChange } from '../../stores/last-change.ts'
import type { MenuAction } from '../../ui/menu.ts'
import { useContainerActions } from '../containers/use-container-actions.ts'
import type { CanvasScene } from './canvas.ts'
import type { Point } from './canvas-layout.ts'
import { useNetworkActions } from './use-network-actions.ts'

interface MenuNeeds {
  scene: CanvasScene
  connect: (id: string, at: Point) => void
  show: (kind: 'network' | 'container', id: string) => void
  create: () => void
  arrange: () => void
  fit: () => void
}
export type CanvasMenus = ReturnType<typeof useCanvasMenus>

/** The twin of every gesture. */
export function useCanvasMenus({ scene, connect, show, create, arrange, fit }: MenuNeeds) {
  const { t } = useI18n()
  const store = useEngineState()
  const lastChange = useLastChange()
  const actions = useNetworkActions()
  const containerActions = useContainerActions()

  const takeBack = () => void actions.takeBack()
  const undoAction = (): MenuAction => ({ id: 'undo', label: lastChange.label === undefined ? t('common.undo') : t('common.undoWhat', { what: lastChange.label }), icon: Undo2, keys: 'mod+z', disabled: lastChange.label === undefined, separated: true, run: takeBack })

  const leaveActions = (container: ContainerSummary): MenuAction[] =>
    container.networks.flatMap(({ network: name }): MenuAction[] => {
      const network = store.networks.list.find((each) => each.name === name)
      return network ? [{ id: `leave-${name}`, label: t('networks.disconnect.from', { network: name }), icon: Unplug, run: () => void actions.disconnect(container, network) }] : []
    })

  function containerMenu(container: ContainerSummary, at: Point): MenuAction[] {
    return [
      { id: 'show', label: t('networks.menu.show'), icon: PanelRight, keys: 'enter', run: () => show('container', container.id) },
      { id: 'connect', label: t('networks.menu.connect'), icon: Cable, keys: 'c', separated: true, run: () => connect(container.id, at) },
      ...leaveActions(container),
      ...containerActions.menuFor(container).map((action, index) => ({ ...action, separated: index === 0 || action.separated, keys: undefined })),
      undoAction(),
    ]
  }
  function laneMenu(id: string, at: Point): MenuAction[] {
    const network = store.networks.find(id)
    if (!network) return canvasMenu()
    return [
      { id: 'show', label: t('networks.menu.show'), icon: PanelRight, keys: 'enter', run: () => show('network', id) },
      { id: 'connect', label: t('networks.menu.connectContainer'), icon: Cable, keys: 'c', separated: true, disabled: network.driver === 'host' || network.driver === 'null', run: () => connect(id, at) },
      undoAction(),
      { id: 'remove', label: t('networks.remove.verb'), icon: Trash2, keys: 'del', danger: true, separated: true, disabled: network.predefined, run: () => void actions.remove([network]) },
    ]
  }
  const canvasMenu = (): MenuAction[] => [
    { id: 'create', label: t('networks.create.action'), icon: Plus, keys: 'n', run: create },
    { id: 'fit', label: t('networks.canvas.fit'), icon: Maximize, keys: 'f', separated: true, run: fit },
    { id: 'arrange', label: t('networks.canvas.arrange'), icon: LayoutGrid, keys: 'a', run: arrange },
    undoAction(),
  ]

  const containerOf = (id: string) => store.containers.find(scene.model.value.pins.find(({ key }) => key === id)?.container ?? id)
  function menuFor(id: string | undefined, at: Point): { label: string; actions: MenuAction[] } {
    const container = id === undefined ? undefined : containerOf(id)
    if (container) return { label: container.name, actions: containerMenu(container, at) }
    const network = id === undefined ? undefined : store.networks.find(id)
    return network ? { label: network.name, actions: laneMenu(network.id, at) } : { label: t('networks.title'), actions: canvasMenu() }
  }
  /** What Delete means: a container leaves its network, a network goes. More than one answer is the caller's to ask. */
  function remove(id: string, choose: (actions: MenuAction[]) => void) {
    const container = containerOf(id)
    const network = store.networks.find(id)
    if (container) choose(leaveActions(container))
    else if (network && !network.predefined) void actions.remove([network])
  }
  const connectFrom = (id: string, at: Point) => connect(containerOf(id)?.id ?? id, at)
  return { menuFor, remove, connectFrom, takeBack }
}
