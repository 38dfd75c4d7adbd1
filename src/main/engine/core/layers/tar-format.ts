import { EngineError } from '#shared/errors.ts'
import type { BytePath } from './byte-path.ts'

/**
 * The tar format's records, both ways: ustar headers with PAX and GNU extensions
 * (https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html, https://www.gnu.org/software/tar/manual/html_node/Standard.html).
 */
export const BLOCK = 512

export type TarType = 'file' | 'link' | 'symlink' | 'char' | 'block' | 'directory' | 'fifo'

export interface TarEntry {
  path: BytePath
  type: TarType
  /** Target of a link. */
  linkPath: BytePath
  /** Permission bits with setuid, setgid and sticky. */
  mode: number
  uid: number
  gid: number
  /** Bytes of content as the file will have them, holes included; 0 for anything but files. */
  size: number
  /** Unix seconds. */
  mtime: number
  major: number
  minor: number
  xattrs?: Map<string, Uint8Array>
}

export interface SparseRun {
  offset: number
  length: number
}

export interface RawHeader {
  path: BytePath
  linkPath: BytePath
  typeFlag: string
  mode: number
  uid: number
  gid: number
  size: number
  mtime: number
  major: number
  minor: number
}

export const malformed = (what: string): EngineError => new EngineError('invalid-argument', `invalid tar archive: ${what}`, { reason: 'invalid-archive' })

/** Undefined for a block of zeros. @throws invalid-argument */
export function decodeHeader(block: Buffer): RawHeader | undefined {
  const stored = octal(block, 148, 8)
  let sum = 256
  for (let i = 0; i < 148; i++) sum += block[i]!
  for (let i = 156; i < BLOCK; i++) sum += block[i]!
  if (sum === 256 && block[148] === 0) return undefined
  if (sum !== stored) throw malformed('header checksum does not match')
  const prefix = block.toString('latin1', 257, 262) === 'ustar' && block[263] === 0x30 ? text(block, 345, 155) : ''
  const name = text(block, 0, 100)
  return {
    path: prefix ? `${prefix}/${name}` : name,
    linkPath: text(block, 157, 100),
    typeFlag: String.fromCharCode(block[156]!),
    mode: number(block, 100, 8) & 0o7777,
    uid: number(block, 108, 8),
    gid: number(block, 116, 8),
    size: number(block, 124, 12),
    mtime: number(block, 136, 12),
    major: number(block, 329, 8),
    minor: number(block, 337, 8),
  }
}

export function text(block: Buffer, start: number, length: number): BytePath {
  let end = start
  while (end < start + length && block[end] !== 0) end++
  return block.toString('latin1', start, end)
}

/** Octal digits, or GNU's base-256 where the first bit is set. */
export const number = (block: Buffer, start: number, length: number): number => (block[start]! & 0x80 ? base256(block, start, length) : octal(block, start, length))

function octal(block: Buffer, start: number, length: number): number {
  let value = 0
  for (let i = start; i < start + length; i++) {
    const byte = block[i]!
    if (byte >= 0x30 && byte <= 0x37) value = value * 8 + byte - 0x30
    else if (byte !== 0 && byte !== 0x20) throw malformed('a number in the header is not octal')
    else if (value > 0) break
  }
  return value
}

function base256(block: Buffer, start: number, length: number): number {
  const negative = (block[start]! & 0x40) !== 0
  let value = negative ? (block[start]! | 0x80) - 256 : block[start]! & 0x7f
  for (let i = start + 1; i < start + length; i++) value = value * 256 + block[i]!
  if (!Number.isSafeInteger(value)) throw malformed('a number in the header is too large')
  return value
}

/** Records of a PAX header: `<length> <key>=<value>\n`. Values are bytes. */
export function decodePax(content: Buffer): [string, Buffer][] {
  const records: [string, Buffer][] = []
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(0x20, at)
    const length = space < 0 ? NaN : Number(content.toString('latin1', at, space))
    const equals = content.indexOf(0x3d, space)
    const end = at + length
    if (!Number.isInteger(length) || end > content.length || end <= space || equals < 0 || equals >= end || content[end - 1] !== 0x0a) throw malformed('damaged PAX record')
    records.push([content.toString('latin1', space + 1, equals), content.subarray(equals + 1, end - 1)])
    at = end
  }
  return records
}

const TYPE_FLAGS: Record<TarType, string> = { file: '0', link: '1', symlink: '2', char: '3', block: '4', directory: '5', fifo: '6' }
const LARGEST_SIZE = 0o77777777777
const LARGEST_ID = 0o7777777

/** The header blocks of an entry, with a PAX header before it where ustar cannot hold it. The same entry gives the same bytes. */
export function encodeHeader(entry: TarEntry): Buffer {
  const path = entry.type === 'directory' && !entry.path.endsWith('/') ? `${entry.path}/` : entry.path
  const pax: Buffer[] = []
  if (path.length > 100) pax.push(paxRecord('path', path))
  if (entry.linkPath.length > 100) pax.push(paxRecord('linkpath', entry.linkPath))
  if (entry.size > LARGEST_SIZE) pax.push(paxRecord('size', String(entry.size)))
  if (entry.uid > LARGEST_ID) pax.push(paxRecord('uid', String(entry.uid)))
  if (entry.gid > LARGEST_ID) pax.push(paxRecord('gid', String(entry.gid)))
  if (entry.mtime < 0 || entry.mtime > LARGEST_SIZE) pax.push(paxRecord('mtime', String(Math.floor(entry.mtime))))
  for (const name of [...(entry.xattrs?.keys() ?? [])].sort()) pax.push(paxRecord(`SCHILY.xattr.${name}`, Buffer.from(entry.xattrs!.get(name)!).toString('latin1')))
  const own = ustar({ ...entry, path: path.slice(0, 100), linkPath: entry.linkPath.slice(0, 100) }, TYPE_FLAGS[entry.type])
  if (pax.length === 0) return own
  const body = Buffer.concat(pax)
  const paxEntry: TarEntry = { path: 'PaxHeaders/entry', type: 'file', linkPath: '', mode: 0o644, uid: 0, gid: 0, size: body.length, mtime: 0, major: 0, minor: 0 }
  return Buffer.concat([ustar(paxEntry, 'x'), body, Buffer.alloc(paddingAfter(body.length)), own])
}

/** Zero bytes that follow content of this many bytes. */
export const paddingAfter = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK

function ustar(entry: TarEntry, typeFlag: string): Buffer {
  const block = Buffer.alloc(BLOCK)
  block.write(entry.path, 0, 100, 'latin1')
  const put = (value: number, at: number, length: number, largest: number) => block.write((value < 0 || value > largest ? 0 : Math.floor(value)).toString(8).padStart(length - 1, '0'), at, 'latin1')
  put(entry.mode, 100, 8, LARGEST_ID)
  put(entry.uid, 108, 8, LARGEST_ID)
  put(entry.gid, 116, 8, LARGEST_ID)
  put(entry.size, 124, 12, LARGEST_SIZE)
  put(entry.mtime, 136, 12, LARGEST_SIZE)
  block.write(typeFlag, 156, 'latin1')
  block.write(entry.linkPath, 157, 100, 'latin1')
  block.write('ustar\0' + '00', 257, 'latin1')
  put(entry.major, 329, 8, LARGEST_ID)
  put(entry.minor, 337, 8, LARGEST_ID)
  block.fill(0x20, 148, 156)
  let sum = 0
  for (const byte of block) sum += byte
  block.write(sum.toString(8).padStart(6, '0') + '\0 ', 148, 'latin1')
  return block
}

function paxRecord(key: string, value: string): Buffer {
  const rest = Buffer.from(` ${key}=${value}\n`, 'latin1')
  let length = rest.length + 1
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length
  return Buffer.concat([Buffer.from(String(length)), rest])
}
