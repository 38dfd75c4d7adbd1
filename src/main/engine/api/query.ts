import { EngineError } from '#shared/errors.ts'
import type { Filters, Query } from './router.ts'

const FALSE_WORDS = new Set(['', '0', 'no', 'false', 'none'])

export function createQuery(search: string): Query {
  const values = new URLSearchParams(search)
  return {
    text: (name) => values.get(name) ?? undefined,
    flag(name, otherwise = false) {
      const value = values.get(name)
      return value === null ? otherwise : !FALSE_WORDS.has(value.trim().toLowerCase())
    },
    integer(name) {
      const value = values.get(name)
      if (value === null || value === '') return undefined
      if (!/^[+-]?\d+$/.test(value) || !Number.isSafeInteger(Number(value))) throw new EngineError('invalid-argument', `invalid value for ${name}: ${JSON.stringify(value)} is not an integer`, { field: name })
      return Number(value)
    },
    all: (name) => values.getAll(name),
    filters: () => parseFilters(values.get('filters') ?? ''),
  }
}

/** Both wire forms: lists of values, and the older map from value to true. */
function parseFilters(text: string): Filters {
  if (text === '') return {}
  const filters = Object.create(null) as Record<string, readonly string[]>
  for (const [name, value] of Object.entries(parseObject(text))) {
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) filters[name] = value
    else if (isObject(value)) filters[name] = Object.keys(value).filter((key) => value[key] === true)
    else throw invalidFilter()
  }
  return filters
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw invalidFilter(cause)
  }
  if (value === null) return {}
  if (isObject(value)) return value
  throw invalidFilter()
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
const invalidFilter = (cause?: unknown) => new EngineError('invalid-argument', 'invalid filter', { field: 'filters', hint: 'Filters are a JSON object of lists: {"label":["a=b"]}.', cause })
