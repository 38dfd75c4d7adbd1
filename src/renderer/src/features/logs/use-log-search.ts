import { computed, nextTick, ref, watch, type Ref } from 'vue'
import { messageOf } from '#shared/errors.ts'
import type { LogOptions } from './log-options.ts'
import { createLogSearch, createMatcher, type Matcher } from './log-search.ts'
import type { ShownLines } from './use-log-window.ts'
import type { LiveLogs } from './use-logs.ts'

/** What is looked for, and where it is. */
export function useMatcher({ query, expression }: Pick<LogOptions, 'query' | 'expression'>) {
  const attempt = computed<{ matcher?: Matcher; wrong?: string }>(() => {
    try {
      return { matcher: createMatcher(query.value, expression.value) }
    } catch (error) {
      return { wrong: messageOf(error) }
    }
  })
  return { matcher: computed(() => attempt.value.matcher), wrong: computed(() => attempt.value.wrong) }
}

/** Goes from match to match, through what has to be fetched too. */
export function useLogSearch(lines: ShownLines, logs: LiveLogs, matcher: Ref<Matcher | undefined>, scrollTo: (sequence: number) => void, lastInSight: () => number | undefined) {
  const search = createLogSearch()
  const current = ref<number>()
  const found = ref({ count: 0, position: 0 })
  const searching = ref(false)
  let turn = 0

  function lookUp() {
    search.update(lines.entries, matcher.value, lines.generation)
    found.value = { count: search.matches.length, position: current.value === undefined ? 0 : search.matches.indexOf(current.value) + 1 }
  }
  watch([logs.change, matcher, current], lookUp)
  watch(matcher, () => {
    current.value = undefined
    turn++
  })

  /** From the end upwards at first: a log is read from its end. */
  const from = (direction: 1 | -1) => current.value ?? (direction === -1 ? (lastInSight() ?? 0) + 1 : undefined)
  async function step(direction: 1 | -1) {
    const mine = ++turn
    lookUp()
    let next = search.next(from(direction), direction)
    searching.value = next === undefined
    while (next === undefined && matcher.value && mine === turn && (await goFurther(direction))) {
      await nextTick()
      lookUp()
      next = search.next(from(direction), direction)
    }
    if (mine !== turn) return
    searching.value = false
    current.value = next ?? search.next(undefined, direction) ?? current.value
    if (current.value !== undefined) scrollTo(current.value)
  }
  /** @returns whether there was more. */
  async function goFurther(direction: 1 | -1): Promise<boolean> {
    const { pages } = logs
    if (direction === -1 ? pages.atStart.value : pages.atEnd.value) return false
    const before = logs.buffer.generation
    await (direction === -1 ? pages.older() : pages.newer())
    return logs.buffer.generation !== before || direction === 1
  }
  return { current, found, searching, step }
}
