/** How numbers, sizes and times are written, by locale. Pure: the composable `use-formats` gives them the current locale. */

/** Making an Intl formatter costs a hundred times what using it does: each is made once. */
function remember<Formatter, Options extends object>(make: (locale: string, options: Options) => Formatter): (locale: string, options: Options) => Formatter {
  const known = new Map<string, Formatter>()
  return (locale, options) => {
    const key = `${locale} ${Object.values(options).join(' ')}`
    const formatter = known.get(key) ?? make(locale, options)
    known.set(key, formatter)
    return formatter
  }
}
const numbers = remember((locale: string, options: Intl.NumberFormatOptions) => new Intl.NumberFormat(locale, options))
const moments = remember((locale: string, options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, options))
const distances = remember((locale: string, options: Intl.RelativeTimeFormatOptions) => new Intl.RelativeTimeFormat(locale, options))
const collators = remember((locale: string, options: Intl.CollatorOptions) => new Intl.Collator(locale, options))

const BYTE_UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const

/** Decimal units as docker shows them: 1.2 GB, in French 1,2 Go. */
export function formatBytes(bytes: number, locale: string): string {
  const step = bytes < 1000 ? 0 : Math.min(BYTE_UNITS.length - 1, Math.floor(Math.log10(bytes) / 3))
  const value = bytes / 1000 ** step
  const digits = step === 0 || value >= 100 ? 0 : 1
  return numbers(locale, { style: 'unit', unit: BYTE_UNITS[step], unitDisplay: step === 0 ? 'long' : 'short', minimumFractionDigits: 0, maximumFractionDigits: digits }).format(value)
}

const AGE_UNITS = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['week', 7 * 86_400],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const

/** How long ago, in its largest unit: `5 min`. Undefined below a minute: the caller has a word for that. */
export function formatAge(milliseconds: number, locale: string): string | undefined {
  const seconds = milliseconds / 1000
  const fit = AGE_UNITS.find(([, length]) => seconds >= length)
  if (!fit) return undefined
  return numbers(locale, { style: 'unit', unit: fit[0], unitDisplay: fit[0] === 'year' || fit[0] === 'month' ? 'long' : 'short', maximumFractionDigits: 0, roundingMode: 'trunc' }).format(seconds / fit[1])
}

/** How long ago, within a sentence: `5 min. ago`, `now`. */
export function formatAgo(milliseconds: number, locale: string): string {
  const seconds = milliseconds / 1000
  const [unit, length] = AGE_UNITS.find(([, each]) => seconds >= each) ?? (['second', Infinity] as const)
  return distances(locale, { numeric: 'auto', style: 'short' }).format(-Math.trunc(seconds / length), unit)
}

/** A moment in full, for tooltips and overviews. */
export function formatMoment(timestamp: number, locale: string): string {
  return moments(locale, { dateStyle: 'medium', timeStyle: 'medium' }).format(timestamp)
}

export function formatNumber(value: number, locale: string, digits = 0): string {
  return numbers(locale, { maximumFractionDigits: digits }).format(value)
}

/** `sha256:` is dropped and twelve digits stay, as docker shortens ids. */
export function shortId(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 12)
}

/** Order of names: `web-2` before `web-10`. */
export const compareText = (a: string, b: string, locale: string): number => collators(locale, { numeric: true }).compare(a, b)
