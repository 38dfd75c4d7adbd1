import { lstatSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { EngineError } from '#shared/errors.ts'
import type { OciResources, OciSpec } from '../runtime.ts'
import type { DeviceInput } from './container-spec.ts'

type Device = NonNullable<OciSpec['linux']['devices']>[number]
type DeviceRule = NonNullable<OciResources['devices']>[number]

const rule = (allow: boolean, type?: string, major?: number, minor?: number, access = 'rwm'): DeviceRule => ({ allow, type, major, minor, access })

/** Docker's default: nothing but null, zero, full, random, urandom, tty, console; not fuse. The runtime adds pts, ptmx and making any node. */
const DEFAULT_RULES: readonly DeviceRule[] = [
  rule(false),
  rule(true, 'c', 1, 5),
  rule(true, 'c', 1, 3),
  rule(true, 'c', 1, 7),
  rule(true, 'c', 1, 9),
  rule(true, 'c', 1, 8),
  rule(true, 'c', 5, 0),
  rule(true, 'c', 5, 1),
  rule(false, 'c', 10, 229),
]

/** Folders of /dev that a container has of its own, or that hold no devices. */
const NOT_OF_THE_HOST = new Set(['pts', 'shm', 'fd', 'mqueue', '.lxc', '.lxd-mounts', '.udev', 'console'])

export interface DeviceRequest {
  privileged?: boolean
  devices?: readonly DeviceInput[]
  deviceCgroupRules?: readonly string[]
}

/** What to make under /dev, and what the container may use. @throws invalid-argument in Docker's words for what is no device or no rule. */
export function devicesOf({ privileged, devices = [], deviceCgroupRules = [] }: DeviceRequest): { devices: Device[]; rules: DeviceRule[] } {
  const asked = devices.map((input) => ({ input, found: lookUp(input) }))
  if (privileged) {
    const moved = asked.filter(({ input }) => input.hostPath !== input.containerPath)
    return { devices: [...hostDevices('/dev'), ...moved.flatMap(({ found }) => found)], rules: [rule(true)] }
  }
  const rules = asked.flatMap(({ input, found }) => found.map(({ type, major, minor }) => rule(true, type, major, minor, input.permissions || 'rwm')))
  return { devices: asked.flatMap(({ found }) => found), rules: [...DEFAULT_RULES, ...rules, ...deviceCgroupRules.map(parseRule)] }
}

function lookUp({ hostPath, containerPath }: DeviceInput): Device[] {
  const failure = (why: string) => new EngineError('invalid-argument', `error gathering device information while adding custom device "${hostPath}": ${why}`, { reason: 'no-device' })
  let path: string
  try {
    path = realpathSync(hostPath)
  } catch {
    throw failure('no such file or directory')
  }
  if (statSync(path).isDirectory()) {
    // Device nodes are there and nowhere else; a walk through /proc or the whole disk would keep everybody waiting.
    if (path !== '/dev' && !path.startsWith('/dev/')) throw failure('not a device node')
    return below(path, containerPath)
  }
  const device = deviceAt(path, containerPath)
  if (device === undefined) throw failure('not a device node')
  return [device]
}

function below(path: string, containerPath: string): Device[] {
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const [from, to] = [join(path, entry.name), join(containerPath, entry.name)]
    return entry.isDirectory() ? below(from, to) : (deviceAt(from, to) ?? [])
  })
}

function hostDevices(path: string): Device[] {
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    if (path === '/dev' && NOT_OF_THE_HOST.has(entry.name)) return []
    const from = join(path, entry.name)
    return entry.isDirectory() ? hostDevices(from) : (deviceAt(from, from) ?? [])
  })
}

function deviceAt(path: string, containerPath: string): Device | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  const type = stat?.isCharacterDevice() ? 'c' : stat?.isBlockDevice() ? 'b' : undefined
  if (stat === undefined || type === undefined) return undefined
  return { type, path: containerPath, ...deviceNumber(stat.rdev), fileMode: stat.mode & 0o7777, uid: stat.uid, gid: stat.gid }
}

/** makedev(3) of glibc: the low 8 bits of the minor, 12 of the major, then the rest of both. */
export function deviceNumber(rdev: number): { major: number; minor: number } {
  const number = BigInt(rdev)
  return { major: Number(((number >> 8n) & 0xfffn) | ((number >> 32n) & ~0xfffn)), minor: Number((number & 0xffn) | ((number >> 12n) & 0xffffff00n)) }
}

/** `c 42:* rmw` */
function parseRule(text: string): DeviceRule {
  const match = /^([acb]) ([0-9]+|\*):([0-9]+|\*) ([rwm]{1,3})$/.exec(text)
  if (match === null) throw new EngineError('invalid-argument', `invalid device cgroup rule format: '${text}'`, { reason: 'invalid-device-rule' })
  const number = (part: string) => (part === '*' ? undefined : Number(part))
  return rule(true, match[1]!, number(match[2]!), number(match[3]!), match[4]!)
}
