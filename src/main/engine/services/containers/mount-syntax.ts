import { posix } from 'node:path'
import { EngineError } from '#shared/errors.ts'
import type { MountRequest } from './config.ts'
import { checkTmpfsOptions } from './tmpfs-options.ts'

/** A mount as the user wrote it, checked, before any volume exists. */
export type MountWish =
  | { kind: 'bind'; source: string; target: string; readonly: boolean; propagation: string | undefined; mode: string; createSource: boolean; nonRecursive?: boolean; recursiveReadonly?: 'never' | 'force' }
  | { kind: 'volume'; name: string | undefined; driver: string | undefined; driverOptions?: Record<string, string>; labels?: Record<string, string>; target: string; readonly: boolean; mode: string; copyUp: boolean; subpath?: string }
  | { kind: 'tmpfs'; target: string; readonly: boolean; options: string[] }

const PROPAGATIONS = new Set(['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave'])
const OTHER_MODES = new Set(['z', 'Z', 'nocopy', 'cached', 'delegated', 'consistent'])
const VOLUME_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/

/** `source:target[:modes]` or `target`, as `-v` has it. @throws invalid-argument in Docker's words. */
export function parseBind(text: string, defaultDriver: string | undefined): MountWish {
  const parts = text.split(':')
  if (parts.length > 3 || parts.some((part) => part === '')) throw invalidSpecification(text)
  const [source, target, mode = ''] = parts.length === 1 ? [undefined, parts[0] as string] : [parts[0], parts[1] as string, parts[2]]
  const modes = parseModes(mode)
  const place = checkTarget(target, text, source?.startsWith('/') ? 'bind' : 'volume')
  if (source?.startsWith('/') && modes.nocopy) throw invalidBind(text, 'field VolumeOptions must not be specified')
  if (source?.startsWith('/')) return { kind: 'bind', source: posix.normalize(source), target: place, readonly: modes.readonly, propagation: modes.propagation, mode, createSource: true }
  if (modes.propagation !== undefined) throw new EngineError('invalid-argument', `invalid volume specification: '${text}': invalid mount config for type "volume": field BindOptions must not be specified`, { field: 'mounts', hint: 'Propagation is for binds only.' })
  return { kind: 'volume', name: source === undefined ? undefined : checkVolumeName(source), driver: defaultDriver, target: place, readonly: modes.readonly, mode: mode || 'z', copyUp: !modes.nocopy }
}

/** A VOLUME of an image, or a key of `Volumes`: a place and nothing else. One that is not absolute is meant from the root, as Docker takes it. */
export function anonymousVolume(target: string, driver: string | undefined): MountWish {
  return { kind: 'volume', name: undefined, driver, target: checkTarget(posix.join('/', target), target), readonly: false, mode: '', copyUp: true }
}

interface Modes {
  readonly: boolean
  nocopy: boolean
  propagation: string | undefined
}

function parseModes(text: string): Modes {
  const modes: Modes = { readonly: false, nocopy: false, propagation: undefined }
  if (text === '') return modes
  let access = 0
  for (const word of text.split(',')) {
    if (word === 'ro' || word === 'rw') {
      modes.readonly = word === 'ro'
      access++
    } else if (PROPAGATIONS.has(word)) {
      if (modes.propagation !== undefined) throw invalidMode(text)
      modes.propagation = word
    } else if (word === 'nocopy') modes.nocopy = true
    else if (!OTHER_MODES.has(word)) throw invalidMode(text)
  }
  if (access > 1) throw invalidMode(text)
  return modes
}

/** One `--mount`. @throws invalid-argument in Docker's words. */
export function parseMountRequest(mount: MountRequest): MountWish {
  const type = mount.Type ?? ''
  const target = mount.Target ?? ''
  if (target === '') throw invalidMount(type, 'Target', 'field Target must not be empty')
  if (!posix.isAbsolute(target)) throw new EngineError('invalid-argument', `invalid mount config for type "${type}": invalid mount path: '${target}' mount path must be absolute`, { field: 'mounts' })
  const place = posix.normalize(target) === '/' ? '/' : checkTarget(target, target)
  if (place === '/') throw invalidMount(type, 'Target', "invalid specification: destination can't be '/'")
  if (type === 'bind') return bindWish(mount, place)
  if (type === 'volume') return volumeWish(mount, place)
  if (type === 'tmpfs') return tmpfsWish(mount, place)
  throw invalidMount(type, 'Type', 'mount type unknown')
}

function bindWish(mount: MountRequest, target: string): MountWish {
  const { Source = '', BindOptions: options = {} } = mount
  if (Source === '') throw invalidMount('bind', 'Source', 'field Source must not be empty')
  if (!posix.isAbsolute(Source)) throw new EngineError('invalid-argument', `invalid mount config for type "bind": invalid mount path: '${Source}' mount path must be absolute`, { field: 'mounts' })
  if (mount.VolumeOptions) throw foreignOptions('VolumeOptions', 'bind')
  checkReadonlyOptions(mount, options)
  const propagation = options.Propagation || undefined
  if (propagation !== undefined && !PROPAGATIONS.has(propagation)) throw new EngineError('invalid-argument', `invalid mount config for type "bind": invalid propagation mode: ${propagation}`, { field: 'mounts' })
  return {
    kind: 'bind',
    source: posix.normalize(Source),
    target,
    readonly: mount.ReadOnly ?? false,
    propagation,
    mode: '',
    createSource: options.CreateMountpoint ?? false,
    nonRecursive: options.NonRecursive,
    recursiveReadonly: options.ReadOnlyForceRecursive ? 'force' : options.ReadOnlyNonRecursive ? 'never' : undefined,
  }
}

/** Read-only to the last mount below it is asked of a read-only bind only, and of one whose mounts below are told to nobody. */
function checkReadonlyOptions({ ReadOnly }: MountRequest, options: NonNullable<MountRequest['BindOptions']>): void {
  const conflict = (other: string) => new EngineError('invalid-argument', `mount options conflict: ${other} && BindOptions.ReadOnlyForceRecursive`, { field: 'mounts' })
  if (options.ReadOnlyNonRecursive && !ReadOnly) throw new EngineError('invalid-argument', 'mount options conflict: !ReadOnly && BindOptions.ReadOnlyNonRecursive', { field: 'mounts' })
  if (!options.ReadOnlyForceRecursive) return
  if (!ReadOnly) throw conflict('!ReadOnly')
  if (options.ReadOnlyNonRecursive) throw conflict('ReadOnlyNonRecursive')
}

function volumeWish(mount: MountRequest, target: string): MountWish {
  const options = mount.VolumeOptions ?? {}
  if (mount.BindOptions) throw foreignOptions('BindOptions', 'volume')
  if (!mount.Source && mount.ReadOnly) throw invalidMount('volume', 'ReadOnly', 'must not set ReadOnly mode when using anonymous volumes')
  if (options.Subpath) checkSubpath(mount.Source, options.Subpath)
  return {
    kind: 'volume',
    name: mount.Source ? checkVolumeName(mount.Source) : undefined,
    driver: options.DriverConfig?.Name || undefined,
    driverOptions: options.DriverConfig?.Options,
    labels: options.Labels,
    target,
    readonly: mount.ReadOnly ?? false,
    mode: 'z',
    copyUp: !options.NoCopy,
    subpath: options.Subpath,
  }
}

/** Links inside are resolved within the volume when it is mounted. */
function checkSubpath(volume: string | undefined, subpath: string): void {
  if (!volume) throw invalidMount('volume', 'Subpath', 'must not set Subpath when using anonymous volumes')
  const clean = posix.normalize(subpath)
  if (posix.isAbsolute(clean) || clean === '..' || clean.startsWith('../')) throw invalidMount('volume', 'Subpath', 'subpath must be a relative path within the volume')
}

function tmpfsWish(mount: MountRequest, target: string): MountWish {
  if (mount.Source) throw invalidMount('tmpfs', 'Source', 'field Source must not be specified')
  if (mount.BindOptions) throw foreignOptions('BindOptions', 'tmpfs')
  if (mount.VolumeOptions) throw foreignOptions('VolumeOptions', 'tmpfs')
  const { SizeBytes, Mode, Options } = mount.TmpfsOptions ?? {}
  checkTmpfsOptions((Options ?? []).map((option) => option.join('=')))
  const options = [...(mount.ReadOnly ? ['ro'] : []), ...(SizeBytes ? [`size=${SizeBytes}`] : []), ...(Mode ? [`mode=${Mode.toString(8)}`] : []), ...(Options ?? []).map((option) => option.join('='))]
  return { kind: 'tmpfs', target, readonly: mount.ReadOnly ?? false, options }
}

function checkTarget(target: string, text: string, type: 'bind' | 'volume' = 'volume'): string {
  const where = `invalid volume specification: '${text}': invalid mount config for type "${type}"`
  if (!posix.isAbsolute(target)) throw new EngineError('invalid-argument', `${where}: invalid mount path: '${target}' mount path must be absolute`, { field: 'mounts' })
  if (target.includes('\0')) throw invalidSpecification(text)
  const place = posix.normalize(target).replace(/(.)\/$/, '$1')
  if (place === '/') throw new EngineError('invalid-argument', `${where}: invalid specification: destination can't be '/'`, { field: 'mounts' })
  return place
}

export function checkVolumeName(name: string): string {
  if (VOLUME_NAME.test(name)) return name
  throw new EngineError('invalid-argument', `create ${name}: "${name}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`, { field: 'mounts', reason: 'invalid-name' })
}

const invalidSpecification = (text: string) => new EngineError('invalid-argument', `invalid volume specification: '${text}'`, { field: 'mounts' })
const invalidBind = (text: string, why: string) => new EngineError('invalid-argument', `invalid volume specification: '${text}': invalid mount config for type "bind": ${why}`, { field: 'mounts' })
const invalidMode = (mode: string) => new EngineError('invalid-argument', `invalid mode: ${mode}`, { field: 'mounts' })
const foreignOptions = (field: string, type: string) => new EngineError('invalid-argument', `${field} must not be specified on mount type "${type}"`, { field: 'mounts' })
const invalidMount = (type: string, _field: string, why: string) => new EngineError('invalid-argument', `invalid mount config for type "${type}": ${why}`, { field: 'mounts' })
