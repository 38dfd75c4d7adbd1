import type { Ref } from 'vue'
import type { Board } from './board-model.ts'

interface BoardKeys {
  board: () => Board
  cursor: Ref<string | undefined>
  edit: (key: string) => void
  menu: (key: string, event: KeyboardEvent) => void
  reveal: (key: string) => void
  /** A deed of the row's own menu. */
  act: (key: string, name: 'remove' | 'open' | 'copy') => void
  unfold: (key: string) => void
}

/** Up and down within a side, left and right to the other end of a mapping. Right rows have keys that begin with `inside_`. */
export function nextStop(board: Board, at: string | undefined, key: string): string | undefined {
  const left = board.host.map((row) => row.key)
  const right = board.groups.flatMap(({ rows }) => rows.map((row) => `inside_${row.key}`))
  const onRight = at?.startsWith('inside_') ?? false
  const side = onRight ? right : left
  const place = at === undefined ? -1 : side.indexOf(at)
  switch (key) {
    case 'ArrowDown': return side[Math.min(side.length - 1, place + 1)] ?? right[0]
    case 'ArrowUp': return side[Math.max(0, place - 1)]
    case 'Home': return side[0]
    case 'End': return side.at(-1)
    case 'ArrowRight': return onRight || at === undefined ? at : right.includes(`inside_${at}`) ? `inside_${at}` : right[Math.min(place, right.length - 1)]
    case 'ArrowLeft': {
      const mate = at?.slice('inside_'.length)
      return !onRight || mate === undefined ? at : left.includes(mate) ? mate : left[Math.min(place, left.length - 1)]
    }
    default: return undefined
  }
}

export function boardKeys({ board, cursor, edit, menu, reveal, act, unfold }: BoardKeys): (event: KeyboardEvent) => void {
  const deeds: Record<string, (at: string) => void> = {
    Enter: edit,
    Delete: (at) => act(at, 'remove'),
    o: (at) => act(at, 'open'),
    c: (at) => act(at, 'copy'),
    ' ': (at) => unfold(at.replace(/^inside_/, '')),
    Escape: () => (cursor.value = undefined),
  }
  return (event) => {
    if ((event.target as HTMLElement).closest('input, textarea, button, a') || event.ctrlKey || event.metaKey || event.altKey) return
    const { key } = event
    const to = nextStop(board(), cursor.value, key)
    const at = cursor.value
    if (to !== undefined) {
      cursor.value = to
      reveal(to)
    } else if (at !== undefined && (key === 'ContextMenu' || (key === 'F10' && event.shiftKey))) menu(at, event)
    else if (at !== undefined && deeds[key]) deeds[key](at)
    else return
    event.preventDefault()
    event.stopPropagation()
  }
}
