import { computed, nextTick, onBeforeUnmount, onMounted, ref, shallowRef, watch, type Ref } from 'vue'
import { parseAnsi, type Segment } from './ansi.ts'
import { rowStarts } from './cells.ts'
import { indexOfSequence, type LogEntry } from './log-buffer.ts'
import type { Matcher } from './log-search.ts'
import { paint, type Piece } from './paint.ts'
import { createRowIndex } from './row-index.ts'

export const LINE_HEIGHT = 18
const OVERSCAN = 20
/** Pixels from an edge at which what is beyond it is fetched. */
const NEAR = 2_000
/** A line longer than this is cut when lines are not wrapped; wrapping shows all of it. */
const LONGEST_SHOWN = 5_000

export interface LogRow {
  key: string
  top: number
  entry: LogEntry
  /** The first of its line: bears the time. */
  first: boolean
  pieces: Piece[]
}

export interface LogWindowOptions {
  viewport: Ref<HTMLElement | undefined>
  wrap: Ref<boolean>
  matcher: Ref<Matcher | undefined>
  /** Columns that are not text: time stamps. */
  gutterColumns: () => number
  /** An end of what is loaded has been scrolled to. */
  onEdge: (edge: 'start' | 'end') => void
}

/** The lines that are shown, whatever else is known. */
export interface ShownLines {
  readonly entries: readonly LogEntry[]
  readonly longest: number
  readonly generation: number
}

/** The rows of the log that are in sight, at a fixed height each, so that a hundred thousand cost what forty do. */
export function useLogWindow(buffer: ShownLines, change: Readonly<Ref<{ moved: boolean }>>, { viewport, wrap, matcher, gutterColumns, onEdge }: LogWindowOptions) {
  const index = createRowIndex()
  const size = shallowRef({ width: 800, height: 400 })
  const [scrollTop, follow, cell, version] = [ref(0), ref(true), ref(7.2), ref(0)]
  const segmentsOf = rememberSegments()

  const columns = computed(() => (wrap.value ? Math.max(20, Math.floor((size.value.width - 36) / cell.value) - gutterColumns()) : undefined))
  const height = computed(() => (void version.value, index.total * LINE_HEIGHT))
  const width = computed(() => (wrap.value ? undefined : (void version.value, Math.min(buffer.longest, LONGEST_SHOWN) + gutterColumns() + 4) * cell.value))

  function rowAt(row: number): LogRow | undefined {
    const { line, within } = index.locate(row)
    const entry = buffer.entries[line]
    if (!entry) return undefined
    const { from, to } = extent(entry, within, columns.value)
    return { key: `${entry.sequence}.${within}`, top: row * LINE_HEIGHT, entry, first: within === 0, pieces: paint(segmentsOf(entry), matcher.value?.rangesIn(entry.plain) ?? [], from, to) }
  }

  const rows = computed<LogRow[]>(() => {
    void version.value
    const first = Math.max(0, Math.floor(scrollTop.value / LINE_HEIGHT) - OVERSCAN)
    const last = Math.min(index.total, Math.ceil((scrollTop.value + size.value.height) / LINE_HEIGHT) + OVERSCAN)
    return Array.from({ length: Math.max(0, last - first) }, (_, offset) => rowAt(first + offset)).filter((row) => row !== undefined)
  })

  const toEnd = () => void viewport.value?.scrollTo({ top: viewport.value.scrollHeight })
  function scrollToSequence(sequence: number) {
    follow.value = false
    if (viewport.value) viewport.value.scrollTop = Math.max(0, index.rowOf(indexOfSequence(buffer.entries, sequence)) * LINE_HEIGHT - size.value.height / 2)
  }
  /** Takes in what changed. `moved`: rows have other places now, so what is under the eye is put back there. */
  function rebuild(moved: boolean) {
    const inSight = rows.value.find(({ top }) => top + LINE_HEIGHT > scrollTop.value)
    index.update(buffer.entries, columns.value, buffer.generation)
    version.value++
    void nextTick(() => {
      if (follow.value) toEnd()
      else if (moved && inSight) putBack(inSight)
    })
  }
  function putBack({ entry, top }: LogRow) {
    const line = indexOfSequence(buffer.entries, entry.sequence)
    if (line < buffer.entries.length && viewport.value) viewport.value.scrollTop = index.rowOf(line) * LINE_HEIGHT + Math.max(0, scrollTop.value - top)
  }

  /** Scrolling up stops following; coming back to the end takes it up again. */
  function onScroll() {
    const element = viewport.value
    if (!element) return
    const up = element.scrollTop < scrollTop.value
    scrollTop.value = element.scrollTop
    if (atEnd(element)) follow.value = true
    else if (up) follow.value = false
    if (up && element.scrollTop < NEAR) onEdge('start')
    else if (!up && element.scrollHeight - element.scrollTop - element.clientHeight < NEAR) onEdge('end')
  }

  watchSize(viewport, (width, height) => {
    cell.value = measureCell(viewport.value)
    size.value = { width, height }
    if (follow.value) toEnd()
  })
  watch(columns, () => rebuild(true))
  watch(change, ({ moved }) => rebuild(moved), { immediate: true })
  watch(follow, (now) => now && toEnd())
  return { rows, height, width, follow, onScroll, scrollToSequence, toStart: () => void viewport.value?.scrollTo({ top: 0 }) }
}

/** The width of one column of the log's font, in pixels. */
function measureCell(host: HTMLElement | undefined): number {
  if (!host) return 7.2
  const probe = document.createElement('span')
  probe.className = 'font-mono text-12 invisible absolute whitespace-pre'
  probe.textContent = '0'.repeat(100)
  host.append(probe)
  const width = probe.getBoundingClientRect().width / 100
  probe.remove()
  return width || 7.2
}

const atEnd = ({ scrollHeight, scrollTop, clientHeight }: HTMLElement) => scrollHeight - scrollTop - clientHeight < LINE_HEIGHT

/** The part of a line that one visual row shows. */
function extent({ plain }: LogEntry, within: number, columns: number | undefined): { from: number; to: number } {
  if (columns === undefined) return { from: 0, to: Math.min(plain.length, LONGEST_SHOWN) }
  const starts = rowStarts(plain, columns)
  return { from: starts[within] ?? 0, to: starts[within + 1] ?? plain.length }
}

/** Calls back with the size of an element, now and whenever it changes while it is shown. */
function watchSize(element: Ref<HTMLElement | undefined>, onSize: (width: number, height: number) => void): void {
  let observer: ResizeObserver | undefined
  onMounted(() => {
    observer = new ResizeObserver(([entry]) => entry && entry.contentRect.height > 0 && onSize(entry.contentRect.width, entry.contentRect.height))
    if (element.value) observer.observe(element.value)
  })
  onBeforeUnmount(() => observer?.disconnect())
}

/** Colours of the lines seen lately. */
function rememberSegments(): (entry: LogEntry) => Segment[] {
  const known = new Map<number, Segment[]>()
  return ({ sequence, raw }) => {
    if (known.size > 2000) known.clear()
    const segments = known.get(sequence) ?? parseAnsi(raw)
    known.set(sequence, segments)
    return segments
  }
}
