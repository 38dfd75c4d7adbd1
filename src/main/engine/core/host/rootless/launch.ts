import { readFileSync, realpathSync } from 'node:fs'
import { connect } from 'node:net'
import { EngineError, isEngineError } from '#shared/errors.ts'
import type { Layout } from '../../../layout.ts'
import type { HostCheck } from '../host.ts'
import { checkRootless } from '../probe/rootless-checks.ts'
import { findProgram } from '../programs.ts'
import { loadSyscalls } from '../syscalls.ts'
import type { RootlessNamespaces } from './namespaces.ts'
import { ensureRootlessKit, findRootlessKit } from './rootlesskit.ts'

/**
 * How an ordinary user's engine gets its powers. It starts as any program does, sees to it that RootlessKit holds namespaces, and
 * becomes (execve, the same pid) a process inside its user and mount namespaces, with every capability there. It stays in the machine's
 * network namespace: see Host.
 */
const MARK = 'SLIPWAY_ENTERED_NAMESPACES'

/** Whether this process must first enter namespaces. */
export const needsNamespaces = (): boolean => process.geteuid!() !== 0

/**
 * Does not return: the process goes on inside the namespaces, from its beginning, with these arguments (paths in them absolute: the working directory changes).
 * @throws failed-precondition with the first remedy as hint, when the machine does not let a user do this.
 */
export async function enterNamespaces(layout: Layout, args: readonly string[]): Promise<never> {
  const { childPid } = await namespacesOrReason(layout)
  const nsenter = findProgram('nsenter')
  if (nsenter === undefined) throw new EngineError('failed-precondition', 'nsenter (util-linux) is not installed.', { reason: 'program-missing' })
  const entry = ['--target', String(childPid), '--user', '--preserve-credentials', '--mount', '--']
  process.execve!(nsenter, ['nsenter', ...entry, process.execPath, ...process.execArgv, process.argv[1]!, ...args], { ...process.env, [MARK]: String(childPid) })
  throw new EngineError('internal', 'execve returned')
}

async function namespacesOrReason(layout: Layout): Promise<RootlessNamespaces> {
  const running = findRootlessKit(layout)
  if (running) return running
  const missing = machineChecks().filter((check) => check.status === 'missing')
  if (missing.length > 0) throw refusal(missing)
  try {
    return await ensureRootlessKit(layout)
  } catch (error) {
    if (!isEngineError(error)) throw error
    throw new EngineError(error.code, error.message, { reason: error.reason, hint: 'See the file rootlesskit.log in the run root.', cause: error })
  }
}

/** What an ordinary user's engine needs of this machine before anything else. */
export const machineChecks = (): HostCheck[] => checkRootless({ rootlesskit: findProgram('rootlesskit'), slirp4netns: findProgram('slirp4netns'), pasta: findProgram('pasta'), newuidmap: findProgram('newuidmap') })

function refusal(missing: HostCheck[]): EngineError {
  const remedies = missing.map((check) => check.remedy).filter(Boolean)
  return new EngineError('failed-precondition', `Slipway cannot run without root on this machine. ${missing.map((check) => check.finding).join(' ')}`, { reason: `rootless-${missing[0]!.id}`, hint: remedies.join('\n') })
}

/** The namespaces that this process was put into, once it is inside. Undefined as root. */
export function enteredNamespaces(layout: Layout): RootlessNamespaces | undefined {
  const childPid = Number(process.env[MARK])
  delete process.env[MARK]
  if (!(childPid > 1)) return undefined
  const found = findRootlessKit(layout)
  if (found?.childPid !== childPid) throw new EngineError('unavailable', 'RootlessKit ended while the engine was starting.', { reason: 'rootlesskit-gone' })
  uncoverNameFiles()
  return found
}

/** RootlessKit covers these with files for its own network, but the engine resolves registries by the machine's. */
function uncoverNameFiles(): void {
  const mounted = new Set(readFileSync('/proc/self/mountinfo', 'utf8').split('\n').map((line) => line.split(' ')[4]))
  for (const path of ['/etc/resolv.conf', '/etc/hosts']) {
    const real = realPath(path)
    if (mounted.has(real)) loadSyscalls().unmount(real, { detach: true })
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

/** Calls back when RootlessKit ends: an idle connection to its API is cut then, so nothing has to be polled. */
export function watchNamespaces(namespaces: RootlessNamespaces, onEnd: () => void): Disposable {
  const connection = connect(namespaces.apiSocket)
  let watching = true
  connection.on('error', () => {})
  connection.once('close', () => watching && onEnd())
  connection.unref()
  return {
    [Symbol.dispose]() {
      watching = false
      connection.destroy()
    },
  }
}
