import { lookup } from 'node:dns/promises'
import { isIPv4 } from 'node:net'
import { EngineError, messageOf } from '#shared/errors.ts'
import type { MountFlag, Syscalls } from '../../core/host/host.ts'
import type { VolumeRecord } from './record.ts'

/** Each option and those it is nothing without, as Docker's local driver has it. */
const REQUIRED: Record<string, readonly string[]> = { device: ['type'], type: ['device'], o: ['device', 'type'], size: [] }

/** @throws invalid-argument in Docker's words */
export function checkLocalOptions(name: string, options: Readonly<Record<string, string>>): void {
  const invalid = (why: string) => new EngineError('invalid-argument', `create ${name}: ${why}`, { field: 'driverOptions' })
  for (const option of Object.keys(options)) if (!Object.hasOwn(REQUIRED, option)) throw invalid(`invalid option: ${JSON.stringify(option)}`)
  if (options['size'] !== undefined) throw invalid('quota size requested but no quota support')
  for (const option of Object.keys(options)) {
    const absent = REQUIRED[option]!.find((required) => options[required] === undefined)
    if (absent !== undefined) throw invalid(`missing required option: ${JSON.stringify(absent)}`)
  }
  if (options['type'] === 'cifs' && URL.parse(`http:${options['device']}`)?.port) throw invalid("port not allowed in CIFS device URL, include 'port' in 'o='")
}

/** Words that are flags of mount(2) and no matter of the file system: https://man7.org/linux/man-pages/man8/mount.8.html */
const FLAGS: Record<string, readonly MountFlag[]> = {
  ro: ['readonly'], rw: [], bind: ['bind'], rbind: ['bind', 'recursive'], nosuid: ['nosuid'], suid: [], nodev: ['nodev'], dev: [], noexec: ['noexec'], exec: [], defaults: [],
  private: ['private'], rprivate: ['private', 'recursive'], slave: ['slave'], rslave: ['slave', 'recursive'], shared: ['shared'], rshared: ['shared', 'recursive'],
}

/** Mounts what the options of a volume describe. @throws failed-precondition in Docker's words, without a password */
export async function mountLocal(syscalls: Pick<Syscalls, 'mount'>, { name, options }: VolumeRecord, target: string): Promise<void> {
  const { type = '', o = '', device = '' } = options
  const words = (await withAddress(type, o)).split(',').filter(Boolean)
  const flags = words.flatMap((word) => FLAGS[word] ?? [])
  const data = words.filter((word) => !Object.hasOwn(FLAGS, word)).join(',')
  try {
    syscalls.mount({ source: device, target, type: flags.includes('bind') || type === 'none' ? '' : type, flags, ...(data !== '' && { data }) })
  } catch (cause) {
    const hidden = data.replace(/\bpassword=[^,]*/, 'password=********')
    const why = messageOf(cause).replace(/^mount [^:]*: /, '')
    throw new EngineError('failed-precondition', `error while mounting volume '${target}': failed to mount local volume: mount ${device}:${target}${flags.length > 0 ? `, flags: ${flags.join(',')}` : ''}${hidden ? `, data: ${hidden}` : ''}: ${why}`, { reason: 'mount-failed', hint: `Check the options of the volume ${name}.` })
  }
}

/** The kernel wants the server of a network file system as an address. */
async function withAddress(type: string, words: string): Promise<string> {
  const name = /(?:^|,)addr=([^,]+)/.exec(words)?.[1]
  if (!['nfs', 'nfs4', 'cifs'].includes(type) || name === undefined || isIPv4(name)) return words
  try {
    const { address } = await lookup(name)
    return words.replace(`addr=${name}`, `addr=${address}`)
  } catch (cause) {
    throw new EngineError('failed-precondition', `error resolving passed in network volume address: ${messageOf(cause)}`, { reason: 'mount-failed', cause })
  }
}
