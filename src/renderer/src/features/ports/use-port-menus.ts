import { Box, Copy, ExternalLink, Pencil, Plus, X } from 'lucide-vue-next'
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'
import type { PortMapping, Protocol } from '#shared/contract/containers.ts'
import type { PortRange } from '#shared/network/ports.ts'
import { copyText } from '../../composables/clipboard.ts'
import { useExternal } from '../../composables/use-external.ts'
import { useEngineState } from '../../stores/engine-state.ts'
import { useToasts } from '../../stores/toasts.ts'
import type { MenuAction } from '../../ui/menu.ts'
import { useContainerActions } from '../containers/use-container-actions.ts'
import { hostOf } from '../containers/ports.ts'
import type { Board, HostRow, InsideRow } from './board-model.ts'
import { addressOf, rangeUrl } from './range-words.ts'
import { usePortActions } from './use-port-actions.ts'

/** What the editor is opened for. */
export interface PortEdit {
  at: { x: number; y: number }
  container?: string
  range?: PortRange
  containerPort?: number
  protocol?: Protocol
  current?: PortMapping[]
}

/** What can be done with a row of either side; the twin of every gesture. */
export function usePortMenus(openEditor: (edit: PortEdit) => void) {
  const { t } = useI18n()
  const store = useEngineState()
  const router = useRouter()
  const toasts = useToasts()
  const external = useExternal()
  const actions = usePortActions()
  const containers = useContainerActions()
  const host = () => hostOf(store.connection?.target)

  const urlOf = (row: HostRow) => (row.owner.kind === 'container' ? rangeUrl(row.owner.range, host()) : undefined)
  const open = (row: HostRow) => {
    const url = urlOf(row)
    if (url) external(url)
  }
  async function copy(row: HostRow) {
    const text = addressOf({ hostPort: row.port, ...(row.ip && { hostIp: row.ip }) }, host())
    await copyText(text)
    toasts.show({ tone: 'plain', title: `${t('common.copied')}: ${text}` })
  }
  function take(row: HostRow) {
    const container = row.owner.kind === 'container' ? store.containers.find(row.owner.container) : undefined
    if (container && row.owner.kind === 'container') void actions.remove(container, row.owner.range)
  }

  function edit(board: Board, key: string, at: { x: number; y: number }) {
    const { row, inside } = find(board, key)
    const id = row?.owner.kind === 'container' ? row.owner.container : inside?.container
    const container = id === undefined ? undefined : store.containers.find(id)
    if (!container) return
    const why = actions.fixed(container)
    if (why) return void toasts.show({ tone: 'plain', title: container.name, text: t(`ports.fixed.${why}`), ...(why === 'engine' && { action: { label: t('edit.action'), run: () => containers.edit(container) } }) })
    if (row?.owner.kind === 'container') openEditor({ at, container: container.id, range: row.owner.range })
    else if (inside) openEditor({ at, container: container.id, containerPort: inside.containerPort, protocol: inside.protocol, ...(inside.range && { range: inside.range }) })
  }
  function find(board: Board, key: string): { row?: HostRow; inside?: InsideRow } {
    const bare = key.replace(/^inside_/, '')
    const row = board.host.find((each) => each.key === bare)
    const inside = board.groups.flatMap(({ rows }) => rows).find((each) => each.key === bare)
    return { ...(row && { row }), ...(inside && { inside }) }
  }

  function menuFor(board: Board, key: string, at: { x: number; y: number }): MenuAction[] {
    const { row, inside } = find(board, key)
    const id = row?.owner.kind === 'container' ? row.owner.container : inside?.container
    const container = id === undefined ? undefined : store.containers.find(id)
    const copyAction: MenuAction[] = row ? [{ id: 'copy', label: t('ports.menu.copy'), icon: Copy, keys: 'c', run: () => void copy(row) }] : []
    if (!container) return copyAction
    const fixed = actions.fixed(container) !== undefined
    return [
      { id: 'edit', label: t(row ? 'ports.menu.edit' : 'ports.menu.publish'), icon: row ? Pencil : Plus, keys: 'enter', disabled: fixed, run: () => edit(board, key, at) },
      ...(row && urlOf(row) ? [{ id: 'open', label: t('ports.menu.open'), icon: ExternalLink, keys: 'o', run: () => open(row) }] : []),
      ...copyAction,
      { id: 'container', label: t('ports.menu.container'), icon: Box, separated: true, run: () => void router.push(`/containers/${container.id}/overview`) },
      ...(row ? [{ id: 'remove', label: t('ports.menu.remove'), icon: X, keys: 'del', danger: true, separated: true, disabled: fixed, run: () => take(row) }] : []),
    ]
  }
  return { menuFor, edit, open, copy, take, urlOf }
}
