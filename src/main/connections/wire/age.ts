import type { Timestamp } from '#shared/contract/containers.ts'

const units: Record<string, number> = { second: 1e3, minute: 60e3, hour: 3_600e3, day: 86_400e3, week: 604_800e3, month: 2_592_000e3, year: 31_536_000e3 }

/**
 * The moment that Docker's words for an age stand for, as exact as the words are: "Up About an hour", "Exited (0) 3 weeks ago",
 * "Less than a second" (github.com/docker/go-units HumanDuration). Lists carry nothing better.
 */
export function readAge(words: string, now: Timestamp): Timestamp | undefined {
  const [, count, unit] = /(Less than an?|About an?|\d+) (second|minute|hour|day|week|month|year)s?/.exec(words) ?? []
  if (!count || !unit) return undefined
  const amount = count.startsWith('Less') ? 0 : count.startsWith('About') ? 1 : Number(count)
  return now - amount * (units[unit] ?? 0)
}
