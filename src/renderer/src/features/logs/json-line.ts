import { levelNamed, type LogLevel } from './level.ts'

export interface JsonLine {
  level: LogLevel
  /** The same in words, with colours as a terminal's: what is shown goes through the same parser as every other line. */
  readable: string
}

const LEVELS = ['level', 'lvl', 'severity', 'log.level', 'levelname', '@l']
const MESSAGES = ['msg', 'message', 'event', 'text', '@m']
const TIMES = ['time', 'timestamp', 'ts', '@timestamp', 't', '@t']
const PAINT: Record<LogLevel, string> = { error: '31', warn: '33', info: '36', debug: '2', other: '0' }
const LONGEST = 100_000

const first = (value: Record<string, unknown>, keys: readonly string[]) => keys.find((key) => value[key] !== undefined && value[key] !== null && value[key] !== '')

/** A line that is one JSON object, as level, message and the rest by name; undefined for any other line. */
export function readJsonLine(text: string): JsonLine | undefined {
  if (!text.startsWith('{') || text.length > LONGEST) return undefined
  const value = parse(text)
  if (!value) return undefined
  const [levelKey, messageKey, timeKey] = [first(value, LEVELS), first(value, MESSAGES), first(value, TIMES)]
  const level = levelKey === undefined ? 'other' : levelNamed(value[levelKey])
  const word = levelKey === undefined ? '' : `\x1b[${PAINT[level]}m${wordOf(value[levelKey], level).padEnd(5)}\x1b[0m `
  const rest = Object.entries(value).filter(([key]) => key !== levelKey && key !== messageKey && key !== timeKey)
  const fields = rest.map(([key, each]) => `\x1b[2m${key}=\x1b[0m${show(each)}`)
  return { level, readable: `${word}${[messageKey === undefined ? '' : oneLine(String(show(value[messageKey], true))), ...fields].filter(Boolean).join('  ')}` }
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0 ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

const wordOf = (value: unknown, level: LogLevel) => (typeof value === 'string' ? value : level).toUpperCase()
const oneLine = (text: string) => text.replaceAll(/\r?\n/g, ' ⏎ ')

function show(value: unknown, bare = false): string {
  if (typeof value !== 'string') return JSON.stringify(value)
  return bare || /^[^\s="]+$/.test(value) ? oneLine(value) : JSON.stringify(value)
}
