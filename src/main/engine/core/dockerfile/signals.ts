import { constants } from 'node:os'

const REAL_TIME = /^RTM(IN(\+([1-9]|1[0-5]))?|AX(-([1-9]|1[0-4]))?)$/

/** What `docker stop` could send: a number up to 64, or a name with or without SIG. */
export function isSignal(text: string): boolean {
  if (/^\d+$/.test(text)) return Number(text) > 0 && Number(text) <= 64
  const name = text.toUpperCase().replace(/^SIG/, '')
  return Object.hasOwn(constants.signals, `SIG${name}`) || REAL_TIME.test(name)
}
