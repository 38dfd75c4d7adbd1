import type { ProcessInput } from './container-spec.ts'

/** Only with a terminal. */
const TERM = ['TERM', 'xterm'] as const
export const TERM_OF_TERMINAL = TERM.join('=')

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** Docker's defaults, then what was asked; the last word on a name counts, in the place of the first. */
export function environmentOf(process: Pick<ProcessInput, 'env' | 'tty'>, defaults: { hostname?: string; home: string }): string[] {
  const variables = new Map<string, string>([
    ['PATH', DEFAULT_PATH],
    ...(defaults.hostname ? [['HOSTNAME', defaults.hostname] as const] : []),
    ...(process.tty ? [TERM] : []),
  ])
  for (const entry of process.env) {
    const at = entry.indexOf('=')
    if (at === -1) variables.delete(entry)
    else variables.set(entry.slice(0, at), entry.slice(at + 1))
  }
  if (!variables.get('HOME')) variables.set('HOME', defaults.home)
  return [...variables].map(([name, value]) => `${name}=${value}`)
}
