/** Names of settings, variables, labels and headers whose value is a secret. */
const secretName = /pass(?:word|phrase|wd)?|secret|token|credential|api[-_]?key|private[-_]?key|auth(?:orization)?$|cookie|session[-_]?id|access[-_]?key|dsn$|connection[-_]?string/i
const taken = '(removed)'

/** What looks like a secret wherever it stands. */
const patterns: readonly [RegExp, string][] = [
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@:"']+(?::[^\s/@"']*)?@/gi, `$1${taken}@`],
  [/\b(Bearer|Basic)\s+[A-Za-z0-9+/=._~-]{6,}/gi, `$1 ${taken}`],
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g, taken],
  [/\b(?:gh[pousr]_[A-Za-z0-9]{20,}|glpat-[\w-]{16,}|AKIA[0-9A-Z]{16}|xox[abprs]-[\w-]{10,}|dckr_pat_[\w-]{16,})/g, taken],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, taken],
  [/(["']?[\w.-]*(?:password|passwd|passphrase|secret|token|api[-_]?key|access[-_]?key|private[-_]?key)[\w.-]*["']?\s*[=:]\s*)("[^"]*"|'[^']*'|[^\s,;&]+)/gi, `$1${taken}`],
]

/** A text without what looks like a secret. */
export const redactText = (text: string): string => patterns.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), text)

/** A value as it may be passed on: secrets by the names of their keys, by their looks, and every value of an environment. */
export function redact(value: unknown, key = ''): unknown {
  if (typeof value === 'string') return key !== '' && secretName.test(key) ? taken : redactText(value)
  if (Array.isArray(value)) return value.map((each) => (isEnvironment(key) && typeof each === 'string' ? each.replace(/=[\s\S]*$/, `=${taken}`) : redact(each, key)))
  if (typeof value !== 'object' || value === null) return secretName.test(key) && value !== null && value !== undefined && typeof value !== 'boolean' ? taken : value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [redactText(name), redact(each, name)]))
}
const isEnvironment = (key: string) => /^env(ironment)?$/i.test(key)
