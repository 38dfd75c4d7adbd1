import { computed, onBeforeUnmount, onMounted, ref, type ComputedRef, type Ref } from 'vue'

/** Rows are made a few at a time, so that not every step of a wheel makes some. */
const STEP = 4

/** From the first row to before the last, with `beside` more at either end. Pure. */
export function rowsInSight(place: { top: number; tall: number }, row: number, beside: number, count: number): { from: number; to: number } {
  const first = Math.floor(place.top / row / STEP) * STEP
  const last = first + (Math.ceil(place.tall / row / STEP) + 1) * STEP
  return { from: Math.min(Math.max(0, first - beside), count), to: Math.min(count, last + beside) }
}

/** Which of many rows, all of one height, are in sight of the viewport that scrolls them. */
export function useRowsInSight(viewport: Readonly<Ref<HTMLElement | undefined>>, { row, beside, count }: { row: number; beside: number; count: () => number }) {
  const top = ref(0)
  const tall = ref(0)
  const range = computed(() => rowsInSight({ top: top.value, tall: tall.value }, row, beside, count()))
  const from = computed(() => range.value.from)
  const to = computed(() => range.value.to)
  const follow = () => (top.value = viewport.value?.scrollTop ?? 0)
  const resize = new ResizeObserver(([entry]) => entry && (tall.value = entry.contentRect.height))
  onMounted(() => {
    if (!viewport.value) return
    resize.observe(viewport.value)
    viewport.value.addEventListener('scroll', follow, { passive: true })
  })
  onBeforeUnmount(() => resize.disconnect())

  /** As little as is needed. */
  function bringIntoSight(index: number) {
    const element = viewport.value
    if (!element) return
    if (index * row < element.scrollTop) element.scrollTop = index * row
    else if ((index + 1) * row > element.scrollTop + element.clientHeight) element.scrollTop = (index + 1) * row - element.clientHeight
  }
  return { from, to, bringIntoSight } satisfies { from: ComputedRef<number>; to: ComputedRef<number>; bringIntoSight: (index: number) => void }
}
