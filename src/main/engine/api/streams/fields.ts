import { EngineError } from '#shared/errors.ts'
import { isText, listOf, misfit, type Fields } from '#shared/json-shape.ts'
import { spelled } from './field-names.ts'

/** A body with its fields spelled as they are listed, each of the kind it must be. @throws invalid-argument */
export function shaped<Body extends object>(fields: Fields, given: Body, within = ''): Body {
  const body = spelled(fields.map(([, names]) => names).join(' '), given)
  const wrong = misfit(fields, body)
  if (wrong !== undefined) throw wrongType(within + wrong)
  return body
}

/** Docker takes one string for a list of one. */
export function wordList(field: string, value: string[] | string | null | undefined): string[] | null | undefined {
  const list = typeof value === 'string' ? [value] : value
  if (list !== undefined && list !== null && !listOf(isText)(list)) throw wrongType(field)
  return list
}

export const wrongType = (field: string) => new EngineError('invalid-argument', `invalid JSON: ${field} has the wrong type`, { reason: 'invalid-body', field })
