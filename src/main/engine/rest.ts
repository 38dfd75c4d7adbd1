import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const QUIET_FOR = 20_000

/**
 * Gives memory back when the engine has come to rest: some time after the last activity, once. There is no timer while nothing happens.
 * A burst of work leaves V8 with a heap far larger than what is alive in it, and glibc with free lists; neither shrinks by itself in an idle process.
 */
export function createRest(trimHeap: () => void): { active(): void } & Disposable {
  let timer: NodeJS.Timeout | undefined
  const collect = exposeCollector()
  const settle = () => {
    timer = undefined
    collect()
    trimHeap()
  }
  return {
    active() {
      if (timer) timer.refresh()
      else timer = setTimeout(settle, QUIET_FOR).unref()
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  }
}

/** https://nodejs.org/api/v8.html#v8setflagsfromstringflags: a new context sees the function that the flag exposes. */
function exposeCollector(): () => void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (options?: { type: string; flavor?: string }) => void
  setFlagsFromString('--no-expose-gc')
  return () => collect({ type: 'major', flavor: 'last-resort' })
}
