import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process'
import { once } from 'node:events'
import type { Launch } from './launch-app.ts'

export interface AppProcess extends AsyncDisposable {
  child: ChildProcess
  /** Resolves when it has ended. */
  ended: Promise<unknown>
  /** The first match in what it prints. @throws when it ends before. */
  printed(pattern: RegExp): Promise<string>
}

const patience = 15_000

/** The built app under the Node that runs the test, with what it printed shown when it ends badly. */
export function startAppProcess(launch: Launch, nodeArgs: readonly string[], stdio: StdioOptions): AppProcess {
  const child = spawn(process.execPath, [...nodeArgs, ...launch.args], { cwd: launch.root, stdio, env: { ...process.env, SLIPWAY_STAND_IN_HOME: launch.home, SLIPWAY_STAND_IN_LOCALE: launch.locale, ...launch.environment } })
  let output = ''
  const readers = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      output += String(chunk)
      readers.forEach((reader) => reader())
    })
  }
  const ended = once(child, 'exit')
  void ended.then(([code]) => code && console.error(`the app ended with status ${String(code)}:\n${output}`))
  return {
    child,
    ended,
    printed(pattern) {
      const { promise, resolve, reject } = Promise.withResolvers<string>()
      const look = () => {
        const match = pattern.exec(output)
        if (match) resolve(match[0])
      }
      readers.add(look)
      look()
      void ended.then(() => reject(new Error(`The app ended before it said ${String(pattern)}:\n${output}`)))
      return promise.finally(() => readers.delete(look))
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), patience)
      await ended
      clearTimeout(timer)
    },
  }
}
