import { constants } from 'node:os'
import { EngineError } from '#shared/errors.ts'

const RTMIN = 34
const RTMAX = 64

/** `KILL`, `SIGKILL`, `9`, `RTMIN+3`. @throws invalid-argument in Docker's words. */
export function parseSignal(text: string): number {
  const number = /^\d+$/.test(text) ? Number(text) : byName(text.toUpperCase().replace(/^SIG/, ''))
  if (number === undefined || number < 1 || number > RTMAX) throw new EngineError('invalid-argument', `invalid signal: ${text}`, { field: 'signal' })
  return number
}

function byName(name: string): number | undefined {
  const known = (constants.signals as Record<string, number | undefined>)[`SIG${name}`]
  if (known !== undefined) return known
  if (name === 'RTMIN') return RTMIN
  if (name === 'RTMAX') return RTMAX
  const realtime = /^RT(MIN\+|MAX-)(\d{1,2})$/.exec(name)
  if (!realtime) return undefined
  const number = realtime[1] === 'MIN+' ? RTMIN + Number(realtime[2]) : RTMAX - Number(realtime[2])
  return number >= RTMIN && number <= RTMAX ? number : undefined
}

export const SIGKILL = 9
export const SIGTERM = 15
