import { computed, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { groupLines, type Line } from './group-lines.ts'
import { heldOrder, keysBetween, movedCursor, sortRows, type TableColumn, type TableSort } from './table.ts'

export interface TableOptions<Row> {
  rows: () => readonly Row[]
  columns: () => readonly TableColumn<Row>[]
  rowKey: (row: Row) => string
  sort: Ref<TableSort | undefined>
  selected: Ref<ReadonlySet<string>>
  pageRows: () => number
  groupOf?: () => ((row: Row) => string | undefined) | undefined
  folded?: () => ReadonlySet<string>
}
export interface TableHandle<Row> {
  ordered: ShallowRef<readonly Row[]>
  /** What is drawn: rows, and heads of groups. The cursor goes over both. */
  lines: ComputedRef<readonly Line<Row>[]>
  cursor: Ref<string | undefined>
  cursorIndex: ComputedRef<number>
  /** While true, live updates do not move rows. */
  held: Ref<boolean>
  toggleSort: (column: string) => void
  select: (key: string, event: { shiftKey: boolean }) => void
  toggleAll: () => void
  /** Moves the cursor for a key; false when the key is none of the table's. */
  move: (event: KeyboardEvent) => boolean
}

/** Order, cursor and selection of a table. */
export function useTable<Row>({ rows, columns, rowKey, sort, selected, pageRows, groupOf, folded }: TableOptions<Row>): TableHandle<Row> {
  const held = ref(false)
  const cursor = ref<string>()
  const ordered = shallowRef<readonly Row[]>([])
  let anchor: string | undefined

  const arrange = (keep: boolean) => {
    const before = heldOrder(rows(), rowKey, ordered.value.map(rowKey))
    // Sorted from what it was: nearly in order, it takes one look at each row.
    ordered.value = keep ? before : sort.value ? sortRows(before, columns(), sort.value) : rows()
  }
  watch(rows, () => arrange(held.value && ordered.value.length > 0), { immediate: true })
  watch(sort, () => arrange(false))
  watch(held, (now) => now || arrange(false))
  watch(rows, (now) => dropGone(now))

  function dropGone(now: readonly Row[]) {
    if (selected.value.size === 0) return
    const alive = new Set(now.map(rowKey))
    const kept = [...selected.value].filter((key) => alive.has(key))
    if (kept.length !== selected.value.size) selected.value = new Set(kept)
  }

  const lines = computed(() => groupLines(ordered.value, rowKey, groupOf?.(), folded?.() ?? new Set()))
  const cursorIndex = computed(() => (cursor.value === undefined ? -1 : lines.value.findIndex(({ key }) => key === cursor.value)))
  /** Rows only: a group is no thing to be selected, its rows are. */
  const rowKeys = () => lines.value.flatMap((line) => (line.kind === 'row' ? [line.key] : []))

  function select(key: string, { shiftKey }: { shiftKey: boolean }) {
    const next = new Set(selected.value)
    if (shiftKey && anchor !== undefined) for (const each of keysBetween(rowKeys(), anchor, key)) next.add(each)
    else if (!next.delete(key)) next.add(key)
    anchor = key
    selected.value = next
  }

  function move(event: KeyboardEvent): boolean {
    const to = movedCursor(event.key, cursorIndex.value, lines.value.length, pageRows())
    const line = to === undefined ? undefined : lines.value[to]
    if (!line) return false
    if (event.shiftKey) {
      anchor ??= cursor.value ?? line.key
      if (line.kind === 'row') selected.value = new Set(keysBetween(rowKeys(), anchor, line.key))
    } else anchor = undefined
    cursor.value = line.key
    return true
  }

  return {
    ordered,
    lines,
    cursor,
    cursorIndex,
    held,
    select,
    move,
    toggleSort: (column) => (sort.value = sort.value?.column === column ? { column, descending: !sort.value.descending } : { column, descending: false }),
    toggleAll: () => (selected.value = selected.value.size === ordered.value.length ? new Set() : new Set(ordered.value.map(rowKey))),
  }
}
