import { EngineError } from '#shared/errors.ts'
import type { Host } from '../../host/host.ts'
import type { OciProcess } from '../runtime.ts'
import { availableCapabilities, capabilitySets } from './capabilities.ts'
import { environmentOf, TERM_OF_TERMINAL } from './environment.ts'
import { resolveUser, type ResolvedUser } from './user.ts'
import { checkWorkingDirectory } from './working-directory.ts'

export interface ExecProcessInput {
  rootfs: string
  /** What the container itself was started with: `process` of its config.json. */
  container: OciProcess
  args: readonly string[]
  /** Over the container's own. */
  env?: readonly string[]
  /** Default: the container's. */
  cwd?: string
  /** As in ProcessInput. Empty: the container's. */
  user?: string | ResolvedUser
  groups?: readonly string[]
  tty: boolean
  consoleSize?: { rows: number; columns: number }
  privileged?: boolean
}

/** The process of an exec: the container's own, but for what was asked. @throws invalid-argument in Docker's words. */
export async function createExecProcess(input: ExecProcessInput, host: Pick<Host, 'syscalls'>): Promise<OciProcess> {
  const { container, args, env = [], cwd, tty, consoleSize, privileged = false } = input
  if (args.length === 0) throw new EngineError('invalid-argument', 'No exec command specified', { reason: 'no-command' })
  const asked = await userOf(input, host)
  const user = asked ?? container.user
  const own = asked === undefined ? container.env : await withoutHomeOf(input, asked, host)
  const inherited = container.terminal && !tty ? own.filter((entry) => entry !== TERM_OF_TERMINAL) : own
  const capabilities = privileged ? availableCapabilities() : (container.capabilities?.bounding ?? [])
  return {
    ...container,
    terminal: tty,
    consoleSize: tty && consoleSize ? { height: consoleSize.rows, width: consoleSize.columns } : undefined,
    user: { uid: user.uid, gid: user.gid, additionalGids: user.additionalGids },
    args: [...args],
    env: environmentOf({ env: [...inherited, ...env], tty }, { home: asked?.home ?? '/' }),
    cwd: cwd ? checkWorkingDirectory(cwd) : container.cwd,
    capabilities: capabilitySets(capabilities, user.uid),
    noNewPrivileges: !privileged && container.noNewPrivileges === true,
  }
}

async function userOf({ user, rootfs, groups }: ExecProcessInput, host: Pick<Host, 'syscalls'>): Promise<ResolvedUser | undefined> {
  if (user === undefined || user === '') return undefined
  return typeof user === 'object' ? user : await resolveUser({ rootfs, user, groups }, host)
}

/** The container's HOME goes unless it was set on purpose, that is: to another than its user has. */
async function withoutHomeOf({ rootfs, container }: ExecProcessInput, asked: ResolvedUser, host: Pick<Host, 'syscalls'>): Promise<string[]> {
  if (asked.uid === container.user.uid) return container.env
  const { home } = await resolveUser({ rootfs, user: String(container.user.uid) }, host)
  return container.env.filter((entry) => entry !== `HOME=${home}`)
}
