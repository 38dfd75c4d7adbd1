import { computed, ref, shallowRef, type Ref } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import type { LogEntry } from './log-buffer.ts'
import { logLevels, type LogLevel } from './level.ts'
import type { Matcher } from './log-search.ts'

/** The time that is looked at. Minutes count back from when they were chosen. */
export type LogRange = { kind: 'all' } | { kind: 'last'; minutes: number } | { kind: 'between'; from?: number; to?: number }

/** What of the lines is looked at. */
export interface LogOptions {
  query: Ref<string>
  /** The query is a regular expression. */
  expression: Ref<boolean>
  /** Lines that do not match are hidden. */
  only: Ref<boolean>
  levels: Ref<readonly LogLevel[]>
  range: Ref<LogRange>
}

export const useLogOptions = (): LogOptions => ({ query: ref(''), expression: ref(false), only: ref(false), levels: shallowRef(logLevels), range: shallowRef<LogRange>({ kind: 'all' }) })

/** The same as part of the address, so that a view of logs can be gone back to and passed on. */
export function useLogOptionsOfRoute(): LogOptions {
  const route = useRoute()
  const router = useRouter()
  const set = (change: Record<string, string | null | undefined>) => {
    const query = Object.fromEntries(Object.entries({ ...route.query, ...change }).filter(([, value]) => value !== undefined))
    void router.replace({ query })
  }
  const word = (key: string) => computed({ get: () => (typeof route.query[key] === 'string' ? route.query[key] : ''), set: (value: string) => set({ [key]: value === '' ? undefined : value }) })
  const flag = (key: string) => computed({ get: () => route.query[key] !== undefined, set: (value: boolean) => set({ [key]: value ? null : undefined }) })
  const [levels, range] = [word('levels'), word('range')]
  return {
    query: word('q'),
    expression: flag('regex'),
    only: flag('only'),
    levels: computed({
      get: () => (levels.value === '' ? logLevels : logLevels.filter((level) => levels.value.split('.').includes(level))),
      set: (value) => (levels.value = value.length === logLevels.length ? '' : value.join('.')),
    }),
    range: computed({ get: () => readRange(range.value), set: (value) => (range.value = writeRange(value)) }),
  }
}

/** `15m`, `1700000000000-1700000060000`; either end may be open. */
export function readRange(text: string): LogRange {
  const minutes = /^(\d{1,6})m$/.exec(text)
  if (minutes) return { kind: 'last', minutes: Number(minutes[1]) }
  const ends = /^(\d{0,16})-(\d{0,16})$/.exec(text)
  if (!ends) return { kind: 'all' }
  const end = (digits: string | undefined) => (digits ? Number(digits) : undefined)
  return { kind: 'between', from: end(ends[1]), to: end(ends[2]) }
}
export function writeRange(range: LogRange): string {
  if (range.kind === 'all') return ''
  return range.kind === 'last' ? `${range.minutes}m` : `${range.from ?? ''}-${range.to ?? ''}`
}

/** As the engine is asked. */
export function boundsOf(range: LogRange, now: number): { since?: number; until?: number } {
  if (range.kind === 'last') return { since: now - range.minutes * 60_000 }
  return range.kind === 'between' ? { since: range.from, until: range.to } : {}
}

/** Undefined where every line is shown. */
export function acceptor(levels: readonly LogLevel[], only: Matcher | undefined): ((entry: Pick<LogEntry, 'level' | 'plain'>) => boolean) | undefined {
  if (levels.length === logLevels.length && !only) return undefined
  const wanted = new Set(levels)
  return ({ level, plain }) => wanted.has(level) && (only?.matches(plain) ?? true)
}
