import { EngineError } from '../errors.ts'

/** Turns what came over the bridge into a value of the type, or throws invalid-argument with the field it belongs to. Unknown keys are dropped. */
export type Shape<T> = (value: unknown, field: string) => T

/** One shape per call of a contract; a call without a request has `nothing`. Adding a call without its shape does not compile. */
export type Shapes<Contract> = {
  readonly [Name in keyof Contract]: Contract[Name] extends (request: infer Request) => unknown ? (unknown extends Request ? Shape<void> : Shape<Request>) : never
}

const refuse = (field: string, expected: string): never => {
  throw new EngineError('invalid-argument', `${field || 'The request'} must be ${expected}.`, { reason: 'bad-request', field })
}
const below = (field: string, key: string) => (field ? `${field}.${key}` : key)

/** The call takes no request. */
export const nothing: Shape<void> = (value, field) => (value === undefined || value === null ? undefined : refuse(field, 'left out'))

/** Any text up to `limit` characters without NUL. */
export const text =
  (limit = 4096): Shape<string> =>
  (value, field) =>
    typeof value === 'string' && value.length <= limit && !value.includes('\0') ? value : refuse(field, `text of at most ${limit} characters`)

/** Text of a branded type; the brand is the receiver's promise, the check is that it cannot be mistaken for a path or an option. */
export const identifier =
  <Id extends string>(): Shape<Id> =>
  (value, field) =>
    typeof value === 'string' && value.length <= 512 && /^[A-Za-z0-9][A-Za-z0-9_.:@/+-]*$/.test(value) && !value.split('/').includes('..') ? (value as Id) : refuse(field, 'an id or a name')

export const integer =
  (least: number, most: number): Shape<number> =>
  (value, field) =>
    typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most ? value : refuse(field, `a whole number from ${least} to ${most}`)

export const number =
  (least: number, most: number): Shape<number> =>
  (value, field) =>
    typeof value === 'number' && value >= least && value <= most ? value : refuse(field, `a number from ${least} to ${most}`)

export const truth: Shape<boolean> = (value, field) => (typeof value === 'boolean' ? value : refuse(field, 'true or false'))

export const oneOf =
  <const Choice extends string>(...choices: readonly Choice[]): Shape<Choice> =>
  (value, field) =>
    choices.find((choice) => choice === value) ?? refuse(field, `one of ${choices.join(', ')}`)

export const optional =
  <T>(shape: Shape<T>): Shape<T | undefined> =>
  (value, field) =>
    value === undefined || value === null ? undefined : shape(value, field)

export const list =
  <T>(item: Shape<T>, limit = 1000): Shape<T[]> =>
  (value, field) =>
    Array.isArray(value) && value.length <= limit ? value.map((each, index) => item(each, `${field}[${index}]`)) : refuse(field, `a list of at most ${limit}`)

/** Text to text, such as labels. */
export const dictionary =
  <T>(item: Shape<T>, limit = 1000): Shape<Record<string, T>> =>
  (value, field) => {
    if (!isRecord(value) || Object.keys(value).length > limit) return refuse(field, `a table of at most ${limit}`)
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [text(1024)(key, field), item(each, below(field, key))]))
  }

type Fields<T> = { readonly [Key in keyof T]-?: Shape<T[Key]> }

export const record =
  <T extends object>(fields: Fields<T>): Shape<T> =>
  (value, field) => {
    if (!isRecord(value)) return refuse(field, 'an object')
    const entries = Object.keys(fields).map((key) => [key, (fields as Record<string, Shape<unknown>>)[key]?.(value[key], below(field, key))] as const)
    return Object.fromEntries(entries.filter(([, each]) => each !== undefined)) as T
  }

/** A union told apart by one key. */
export const variant =
  <T extends object>(tag: keyof T & string, cases: Record<string, Shape<T>>): Shape<T> =>
  (value, field) => {
    const name = isRecord(value) ? value[tag] : undefined
    const shape = typeof name === 'string' && Object.hasOwn(cases, name) ? cases[name] : undefined
    return shape ? shape(value, field) : refuse(below(field, tag), `one of ${Object.keys(cases).join(', ')}`)
  }

/** The tag of a case of a `variant`. */
export const literal =
  <const Value extends string>(expected: Value): Shape<Value> =>
  (value, field) =>
    value === expected ? expected : refuse(field, expected)

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
