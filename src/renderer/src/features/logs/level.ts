/** How grave a line is, as far as it says so itself. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug' | 'other'
export const logLevels: readonly LogLevel[] = ['error', 'warn', 'info', 'debug', 'other']

const WORDS: Record<string, LogLevel> = {
  emerg: 'error', emergency: 'error', alert: 'error', panic: 'error', fatal: 'error', critical: 'error', crit: 'error', severe: 'error', error: 'error', err: 'error', fail: 'error',
  warning: 'warn', warn: 'warn',
  notice: 'info', info: 'info', information: 'info', log: 'info',
  debug: 'debug', trace: 'debug', verbose: 'debug', dbg: 'debug', fine: 'debug',
}
const LOOKED_AT = 160
const word = 'emerg(?:ency)?|alert|panic|fatal|crit(?:ical)?|severe|err(?:or)?|warn(?:ing)?|notice|info|debug|dbg|trace|verbose'

/** From the surest sign to the least: a field named level; a word in brackets or before a colon; a word in capitals; the letter of klog. */
const SIGNS: readonly RegExp[] = [
  new RegExp(`\\b(?:level|lvl|severity)["']?\\s*[=:]\\s*["']?(${word})\\b`, 'i'),
  new RegExp(`[[(<|]\\s*(${word})\\s*[\\])>|]`, 'i'),
  new RegExp(`(?:^|[\\s\\]])(${word})(?::|\\s-|\\s{2,})`, 'i'),
  new RegExp(`(?:^|[\\s:|\\]])(${word.toUpperCase()}|LOG)(?=[\\s:|[]|$)`),
  new RegExp(`^(${word})\\s`, 'i'),
]
const KLOG = /^([EWIDF])\d{4} \d\d:\d\d/
const SERVER_ERROR = /HTTP\/\d(?:\.\d)?" 5\d\d /
const LETTERS: Record<string, LogLevel> = { E: 'error', F: 'error', W: 'warn', I: 'info', D: 'debug' }

/** Of what is seen, colours taken off. */
export function levelOf(plain: string): LogLevel {
  const start = plain.slice(0, LOOKED_AT)
  for (const sign of SIGNS) {
    const found = sign.exec(start)?.[1]
    if (found) return levelNamed(found)
  }
  const letter = KLOG.exec(start)?.[1]
  if (letter) return LETTERS[letter] ?? 'other'
  return SERVER_ERROR.test(plain.slice(0, 2000)) ? 'error' : 'other'
}

/** A level by the word or the number that a program has for it; numbers are those of bunyan and pino. */
export function levelNamed(name: unknown): LogLevel {
  if (typeof name === 'number') return name >= 50 ? 'error' : name >= 40 ? 'warn' : name >= 30 ? 'info' : name >= 10 ? 'debug' : 'other'
  return (typeof name === 'string' ? WORDS[name.toLowerCase()] : undefined) ?? 'other'
}
