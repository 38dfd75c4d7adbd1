import { homedir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { EngineError } from '#shared/errors.ts'

/** What the command line says about the engine; the same for the desktop and the browser. */
export interface StartOptions {
  /** Connect to this socket and start no engine. */
  engineSocket: string | undefined
  /** Passed on to the engine host; its defaults hold where undefined. */
  socket: string | undefined
  dataRoot: string | undefined
  runRoot: string | undefined
  /** Of the browser shell; 0 is a free one. */
  port: number
  settingsPath: string
}

/** Unknown words are left alone: Chromium has switches of its own. */
export function readStartOptions(args: readonly string[], environment: NodeJS.ProcessEnv): StartOptions {
  const { values } = parse(args)
  const word = (name: string) => {
    const value = (values as Record<string, unknown>)[name]
    if (value === true || value === '') throw new EngineError('invalid-argument', `--${name} needs a value.`)
    return typeof value === 'string' ? value : undefined
  }
  return {
    engineSocket: word('engine-socket'),
    socket: word('socket'),
    dataRoot: word('data-root'),
    runRoot: word('run-root'),
    port: readPort(word('port')),
    settingsPath: word('settings') ?? join(environment['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'slipway', 'settings.json'),
  }
}

/** What is neither a switch nor the value of one of ours: links and files to open. */
export const readStartWords = (args: readonly string[]): string[] => parse(args).positionals

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const
  return parseArgs({ args: [...args], strict: false, allowPositionals: true, options: { port: text, socket: text, 'engine-socket': text, 'data-root': text, 'run-root': text, settings: text } })
}

function readPort(text = '0'): number {
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new EngineError('invalid-argument', `--port ${text} is not a port.`)
}
