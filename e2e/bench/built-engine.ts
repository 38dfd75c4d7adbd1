import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { AppRoots } from '../fixtures/app-roots.ts'

const BUILT = join(import.meta.dirname, '../../out/main/engine.js')

/** The engine as it is shipped: run from source, Node's own TypeScript support would be a part of its memory. The roots clear up behind it. */
export async function startBuiltEngine({ dataRoot, runRoot }: AppRoots): Promise<AsyncDisposable & { socket: string; pid: number }> {
  const socket = join(runRoot, 'docker.sock')
  const child = spawn(process.execPath, [BUILT, '--data-root', dataRoot, '--run-root', runRoot, '--socket', socket], { stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith('engine ready')) continue
    child.stdout.resume()
    return {
      socket,
      pid: child.pid!,
      async [Symbol.asyncDispose]() {
        if (child.exitCode !== null || child.signalCode !== null) return
        const gone = once(child, 'exit')
        child.kill('SIGTERM')
        await gone
      },
    }
  }
  throw new Error('the engine ended before it was ready')
}
