import { accessSync, constants, readFileSync, statSync } from 'node:fs'
import type { HostCheck, HostFacts } from '../host.ts'
import { callingUser, inUserNamespace, type CallingUser } from './calling-user.ts'
import { installCommand, type PackagedProgram } from './remedy.ts'

/** Ids that an image of an ordinary distribution uses: up to nobody, 65534. */
const ENOUGH_IDS = 65_536
const NO_ENGINE = 'The engine cannot run without root.'

type Tools = Pick<HostFacts['tools'], 'rootlesskit' | 'slirp4netns' | 'pasta' | 'newuidmap'>

/** What an ordinary user needs: programs, a user namespace, subordinate ids, and a tap device for the way out. */
export function checkRootless(tools: Tools, egress = true): HostCheck[] {
  const user = callingUser()
  return [checkRootlessKit(tools), checkUserNamespaces(), checkSubordinateIds(user, tools), checkTun(tools, egress)]
}

function checkRootlessKit(tools: Tools): HostCheck {
  if (tools.rootlesskit !== undefined) return { id: 'rootlesskit', status: 'ok', finding: tools.rootlesskit }
  return { id: 'rootlesskit', status: 'missing', finding: 'rootlesskit is not installed.', consequence: NO_ENGINE, remedy: installCommand(['rootlesskit', ...missingBeside(tools)]) }
}

const missingBeside = (tools: Tools): PackagedProgram[] => [
  ...(tools.newuidmap === undefined ? (['newuidmap'] as const) : []),
  ...(tools.slirp4netns === undefined && tools.pasta === undefined ? (['slirp4netns'] as const) : []),
]

/** The three switches by which distributions forbid user namespaces. Inside one there is nothing left to ask. */
function checkUserNamespaces(): HostCheck {
  const missing = (finding: string, remedy: string): HostCheck => ({ id: 'user-namespaces', status: 'missing', finding, consequence: NO_ENGINE, remedy })
  if (inUserNamespace()) return { id: 'user-namespaces', status: 'ok', finding: 'The engine runs in one.' }
  if (sysctl('user/max_user_namespaces') === '0') return missing('user.max_user_namespaces is 0.', 'echo user.max_user_namespaces=28633 | sudo tee /etc/sysctl.d/60-slipway.conf && sudo sysctl --system')
  if (sysctl('kernel/unprivileged_userns_clone') === '0') return missing('kernel.unprivileged_userns_clone is 0.', 'echo kernel.unprivileged_userns_clone=1 | sudo tee /etc/sysctl.d/60-slipway.conf && sudo sysctl --system')
  if (sysctl('kernel/apparmor_restrict_unprivileged_userns') === '1' && !hasAppArmorProfile()) {
    const profile = 'abi <abi/4.0>,\\ninclude <tunables/global>\\n/usr/bin/rootlesskit flags=(unconfined) {\\n  userns,\\n}\\n'
    return missing('kernel.apparmor_restrict_unprivileged_userns is 1, and rootlesskit has no AppArmor profile.', `printf '${profile}' | sudo tee /etc/apparmor.d/usr.bin.rootlesskit && sudo systemctl restart apparmor`)
  }
  return { id: 'user-namespaces', status: 'ok', finding: 'Users may make user namespaces.' }
}

const hasAppArmorProfile = () => ['usr.bin.rootlesskit', 'rootlesskit'].some((name) => exists(`/etc/apparmor.d/${name}`))

function checkSubordinateIds(user: CallingUser, tools: Tools): HostCheck {
  const missing = (finding: string, remedy: string): HostCheck => ({ id: 'subuid', status: 'missing', finding, consequence: NO_ENGINE, remedy })
  if (tools.newuidmap === undefined) return missing('newuidmap is not installed.', installCommand(['newuidmap']))
  if (!inUserNamespace() && !mayChangeIds(tools.newuidmap)) return missing(`${tools.newuidmap} is neither setuid root nor does it have the capability cap_setuid.`, `sudo chmod u+s ${tools.newuidmap} ${tools.newuidmap.replace('newuidmap', 'newgidmap')}`)
  const [uids, gids] = [rangeSize('/etc/subuid', user), rangeSize('/etc/subgid', user)]
  const finding = `${user.name} has ${uids} subordinate uids and ${gids} gids.`
  if (Math.min(uids, gids) >= ENOUGH_IDS) return { id: 'subuid', status: 'ok', finding }
  const additions = [uids < ENOUGH_IDS ? `--add-subuids ${freeRange('/etc/subuid')}` : '', gids < ENOUGH_IDS ? `--add-subgids ${freeRange('/etc/subgid')}` : ''].filter(Boolean)
  const remedy = `sudo usermod ${additions.join(' ')} ${user.name}`
  if (Math.min(uids, gids) === 0) return missing(finding, remedy)
  return { id: 'subuid', status: 'degraded', finding, consequence: 'Images with higher user ids cannot be unpacked.', remedy }
}

/** Lines are `name or uid:first:count`: https://man7.org/linux/man-pages/man5/subuid.5.html */
function rangesIn(file: string): { owner: string; first: number; count: number }[] {
  const lines = (read(file) ?? '').split('\n').map((line) => line.split(':'))
  return lines.filter((fields) => fields.length === 3).map(([owner = '', first, count]) => ({ owner, first: Number(first) || 0, count: Number(count) || 0 }))
}

function rangeSize(file: string, user: CallingUser): number {
  const own = rangesIn(file).filter(({ owner }) => owner === user.name || owner === String(user.uid))
  return own.reduce((size, { count }) => size + count, 0)
}

/** A range that nobody has: two users with the same ids could touch one another's files. */
function freeRange(file: string): string {
  const first = Math.max(100_000, ...rangesIn(file).map((range) => range.first + range.count))
  return `${first}-${first + ENOUGH_IDS - 1}`
}

/** Setuid root, or file capabilities, which Fedora and Arch use: their presence shows only as an extended attribute, so that is trusted. */
function mayChangeIds(program: string): boolean {
  const { mode, uid } = statSync(program)
  return uid === 0 && ((mode & 0o4000) !== 0 || !exists('/etc/debian_version'))
}

function checkTun(tools: Tools, egress: boolean): HostCheck {
  const degraded = (finding: string, remedy: string): HostCheck => {
    return { id: 'tun', status: 'degraded', finding, consequence: 'Containers do not reach the outside; networks among them and published ports work.', remedy }
  }
  const restart = 'stop the engine with its containers (engine option --stop-containers) and start it again'
  if (tools.slirp4netns === undefined && tools.pasta === undefined) return degraded('Neither slirp4netns nor pasta is installed.', installCommand(['slirp4netns']))
  if (!tunUsable()) return degraded('/dev/net/tun cannot be opened.', `${exists('/dev/net/tun') ? 'sudo chmod 0666 /dev/net/tun' : 'sudo modprobe tun'}; then ${restart}`)
  if (!egress) return degraded('RootlessKit was started when /dev/net/tun could not be opened.', `Now it can be: ${restart}`)
  return { id: 'tun', status: 'ok', finding: '/dev/net/tun can be used.' }
}

/** Whether slirp4netns or pasta can make their tap device. */
export function tunUsable(): boolean {
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK)
    return true
  } catch {
    return false
  }
}

const sysctl = (name: string) => read(`/proc/sys/${name}`)?.trim()

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

const exists = (path: string) => statSync(path, { throwIfNoEntry: false }) !== undefined
