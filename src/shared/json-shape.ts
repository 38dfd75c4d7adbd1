/** What a value that came as JSON must be. */
export type Kind = (value: unknown) => boolean

/** What each field must be when it is there and not null; names with blanks between. Fields that are not listed may be anything. */
export type Fields = readonly (readonly [fits: Kind, names: string])[]

export const isText = (value: unknown): value is string => typeof value === 'string'
export const isFlag = (value: unknown): value is boolean => typeof value === 'boolean'
export const isInteger = (value: unknown): value is number => Number.isSafeInteger(value)
export const isMap = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
export const listOf = (fits: Kind) => (value: unknown) => Array.isArray(value) && value.every(fits)
export const mapOf = (fits: Kind) => (value: unknown) => isMap(value) && Object.values(value).every(fits)
export const orNull = (fits: Kind) => (value: unknown) => value === null || fits(value)
/** `needed`: fields that have to be there, with blanks between. */
export const objectOf = (fields: Fields, needed?: string) => (value: unknown) => isMap(value) && misfit(fields, value) === undefined && !needed?.split(' ').some((name) => value[name] === undefined || value[name] === null)

/** The name of a field that is not what it must be. */
export function misfit(fields: Fields, given: object): string | undefined {
  const values = given as Record<string, unknown>
  const misfits = (fits: Kind, name: string) => values[name] !== undefined && values[name] !== null && !fits(values[name])
  for (const [fits, names] of fields) {
    const found = names.split(' ').find((name) => misfits(fits, name))
    if (found !== undefined) return found
  }
  return undefined
}

/** As images and containers have it. */
export const HEALTHCHECK: Fields = [
  [listOf(isText), 'Test'],
  [isInteger, 'Interval Timeout StartPeriod StartInterval Retries'],
]
