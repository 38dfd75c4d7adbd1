import { constants } from 'node:os'

/** The first and the last real-time signal of the C library on Linux, which keeps two for itself (signal(7)). */
const RTMIN = 34
const RTMAX = 64

/** `KILL`, `SIGKILL`, `9`, `RTMIN+3`, in any case; undefined for what Docker knows as no signal. */
export function signalNumber(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text) > 0 && Number(text) <= RTMAX ? Number(text) : undefined
  const name = text.toUpperCase().replace(/^SIG/, '')
  return (constants.signals as Record<string, number | undefined>)[`SIG${name}`] ?? realTime(name)
}

/** Docker names the lower half from RTMIN and the upper half from RTMAX. */
function realTime(name: string): number | undefined {
  const match = /^RT(?:MIN(?:\+(\d{1,2}))?|MAX(?:-(\d{1,2}))?)$/.exec(name)
  if (!match) return undefined
  const [up, down] = [Number(match[1] ?? 0), Number(match[2] ?? 0)]
  if (name.startsWith('RTMIN')) return up <= 15 ? RTMIN + up : undefined
  return down <= 14 ? RTMAX - down : undefined
}
