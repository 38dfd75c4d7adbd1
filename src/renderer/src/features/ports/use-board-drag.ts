import { computed } from 'vue'
import { useI18n } from 'vue-i18n'
import type { ContainerSummary } from '#shared/contract/containers.ts'
import { nextFreePort, takenBy, type PortRange } from '#shared/network/ports.ts'
import { usePull } from '../../composables/use-pull.ts'
import { useEngineState } from '../../stores/engine-state.ts'
import { ROW, sharesPorts, type Board, type HostRow, type InsideRow } from './board-model.ts'
import { rangeLabel } from './range-words.ts'
import type { usePortActions } from './use-port-actions.ts'

type Held = { kind: 'inside'; row: InsideRow; container: ContainerSummary } | { kind: 'host'; row: HostRow; range: PortRange; container: ContainerSummary }
export interface BoardHand {
  held: Held
  /** In the board's own coordinates, and on the screen. */
  at: { x: number; y: number }
  screen: { x: number; y: number }
  side: 'host' | 'between' | 'containers'
}
/** What letting go would do. `act` missing: nothing. */
export interface BoardOutcome {
  tone: 'fits' | 'refused' | 'loose'
  text: string
  more?: string
  /** Row or group that answers. */
  over?: string
  act?: () => Promise<unknown>
}

/** A port in the hand: to the machine's side to publish it, to another container to move it there. */
export function useBoardDrag(board: () => Board, place: (screen: { x: number; y: number }) => Pick<BoardHand, 'at' | 'side'>, actions: ReturnType<typeof usePortActions>) {
  const { t } = useI18n()
  const store = useEngineState()
  const { hand, grab, pulled } = usePull<Held, BoardHand>({
    follow: (held, screen) => ({ held, screen, ...place(screen) }),
    drop() {
      const act = outcome.value?.act
      if (act) void actions.quietly(act)
    },
  })
  const outcome = computed<BoardOutcome | undefined>(() => hand.value && (hand.value.held.kind === 'inside' ? publishing(hand.value, hand.value.held) : moving(hand.value, hand.value.held)))
  const under = <Row extends { y: number }>(rows: readonly Row[], y: number) => rows.find((row) => y >= row.y && y <= row.y + ROW)

  function publishing({ side, at }: BoardHand, { row, container }: Extract<Held, { kind: 'inside' }>): BoardOutcome {
    if (side !== 'host') return { tone: 'loose', text: t('ports.hand.seek') }
    const target = under(board().host, at.y)
    const others = actions.takenBut(container.id, row.range)
    const wish = { hostPort: target?.port ?? row.containerPort, protocol: row.protocol, ...(row.range?.first.hostIp && { hostIp: row.range.first.hostIp }) }
    const owner = takenBy(wish, others)
    const port = owner || wish.hostPort < 1024 ? nextFreePort(wish, others) : wish.hostPort
    if (port === undefined) return { tone: 'refused', text: t('ports.hand.full') }
    const to: PortRange = { first: { containerPort: row.containerPort, protocol: row.protocol, hostPort: port, ...(wish.hostIp && { hostIp: wish.hostIp }) }, count: row.range?.count ?? 1 }
    const text = row.range ? t('ports.hand.change', { port: rangeLabel(row.range), to: port }) : t('ports.hand.publish', { inside: row.containerPort, container: container.name, port })
    const more = owner && t('ports.hand.instead', { taken: wish.hostPort, owner: owner.owner ?? t('ports.unknownProgram'), port })
    return { tone: 'fits', text, ...(more && { more }), ...(target && { over: target.key }), act: () => actions.replace(container, row.range, to) }
  }

  function moving({ side, at }: BoardHand, { row, range, container }: Extract<Held, { kind: 'host' }>): BoardOutcome {
    const group = side === 'containers' ? board().groups.find(({ y, rows }) => at.y >= y && at.y <= (rows.at(-1)?.y ?? y) + ROW) : undefined
    const to = group && store.containers.find(group.container.id)
    if (!group || !to) return { tone: 'loose', text: t('ports.hand.moveSeek', { port: rangeLabel(range) }) }
    const inside = under(group.rows, at.y)
    const containerPort = inside?.containerPort ?? range.first.containerPort
    const over = inside?.key ?? `group_${to.id}`
    if (sharesPorts(to)) return { tone: 'refused', text: t('ports.hand.shared', { container: to.name }), over }
    if (to.id === container.id && containerPort === range.first.containerPort) return { tone: 'loose', text: t('ports.hand.same'), over }
    const text = t('ports.hand.move', { port: row.port, container: to.name, inside: containerPort })
    const act = to.id === container.id ? () => actions.replace(to, range, { ...range, first: { ...range.first, containerPort } }) : () => actions.move(container, range, to, containerPort)
    return { tone: 'fits', text, over, act }
  }
  return { hand, outcome, pulled, grab: (event: PointerEvent, held: Held) => (actions.fixed(held.container) === undefined ? grab(event, held) : undefined) }
}
