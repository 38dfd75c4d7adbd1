import { EngineError } from '#shared/errors.ts'
import { BLOCK, decodeHeader, decodePax, malformed, number, paddingAfter, text, type RawHeader, type SparseRun, type TarEntry, type TarType } from './tar-format.ts'

/** What a reader calls as entries pass by. */
export interface TarHandler {
  entry(entry: TarEntry): void
  /** Content of the entry just announced; `offset` is its place in the file (sparse files jump). */
  data(chunk: Buffer, offset: number): void
  /** The entry just announced is complete. */
  complete(): void
}

/** An extension header (long name, PAX records) above this is an attack. */
const EXTENSION_LIMIT = 1024 * 1024
const SPARSE_RUN_LIMIT = 1_000_000
const TYPES: Record<string, TarType> = { '0': 'file', '\0': 'file', '7': 'file', S: 'file', '1': 'link', '2': 'symlink', '3': 'char', '4': 'block', '5': 'directory', '6': 'fifo' }

type State = 'header' | 'extension' | 'sparse-extended' | 'sparse-map' | 'content' | 'padding' | 'trailer' | 'end'

/**
 * Reads an archive that is pushed at it in pieces of any size; synchronous, because its users write to the disk synchronously in a
 * worker. Understands ustar, PAX, GNU long names and all forms of GNU sparse files.
 */
export class TarReader {
  readonly #handler: TarHandler
  #state: State = 'header'
  /** A block or extension that is being gathered across chunks. */
  #gathered = Buffer.alloc(0)
  #remaining = 0
  #padding = 0
  #extensionType = ''
  readonly #global = new Map<string, Buffer>()
  #pax: [string, Buffer][] = []
  #longName: string | undefined
  #longLink: string | undefined
  #header: RawHeader | undefined
  #sparse: SparseRun[] | undefined
  #sparseSize = 0
  #run = 0
  #position = 0
  #mapText = ''

  constructor(handler: TarHandler) {
    this.#handler = handler
  }

  /** True once the end-of-archive marker has passed; what follows is ignored. */
  get ended(): boolean {
    return this.#state === 'end'
  }

  write(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length && this.#state !== 'end') at = this.#step(chunk, at)
  }

  /** @throws data-loss when the archive stops in the middle. */
  end(): void {
    const whole = this.#state === 'end' || (this.#state === 'trailer' && this.#remaining === BLOCK) || (this.#state === 'header' && this.#gathered.length === 0 && this.#pax.length === 0) || (this.#state === 'padding' && this.#remaining > 0)
    if (!whole) throw new EngineError('data-loss', 'unexpected end of tar archive', { reason: 'truncated' })
  }

  #step(chunk: Buffer, at: number): number {
    switch (this.#state) {
      case 'content':
        return this.#content(chunk, at)
      case 'padding':
        return this.#skip(chunk, at, 'header')
      case 'trailer':
        return this.#skip(chunk, at, 'end')
      case 'extension':
        return this.#gather(chunk, at, this.#remaining, (content) => this.#extension(content))
      case 'header':
        return this.#gather(chunk, at, BLOCK, (block) => this.#start(block))
      case 'sparse-extended':
        return this.#gather(chunk, at, BLOCK, (block) => this.#sparseExtended(block))
      default:
        return this.#gather(chunk, at, BLOCK, (block) => this.#sparseMapBlock(block))
    }
  }

  #gather(chunk: Buffer, at: number, wanted: number, then: (content: Buffer) => void): number {
    if (this.#gathered.length === 0 && chunk.length - at >= wanted) {
      then(chunk.subarray(at, at + wanted))
      return at + wanted
    }
    const part = chunk.subarray(at, at + wanted - this.#gathered.length)
    this.#gathered = Buffer.concat([this.#gathered, part])
    if (this.#gathered.length === wanted) {
      const content = this.#gathered
      this.#gathered = Buffer.alloc(0)
      then(content)
    }
    return at + part.length
  }

  #start(block: Buffer): void {
    const header = decodeHeader(block)
    // One block of zeros ends the archive for every reader in use; the second may be missing, but not a part of it.
    if (!header) {
      this.#remaining = BLOCK
      return void (this.#state = 'trailer')
    }
    if (header.size < 0) throw malformed('negative size')
    if ('xgLK'.includes(header.typeFlag)) return this.#startExtension(header)
    this.#header = header
    this.#applyNames(header)
    if (header.typeFlag === 'S') return this.#startOldSparse(block)
    const sparse = this.#paxSparse()
    if (sparse === 'map-follows') return this.#startSparseMap()
    this.#announce(sparse)
  }

  #startExtension(header: RawHeader): void {
    if (header.size > EXTENSION_LIMIT) throw malformed('an extension header is too large')
    this.#extensionType = header.typeFlag
    this.#padding = paddingAfter(header.size)
    this.#remaining = header.size
    if (header.size === 0) this.#extension(Buffer.alloc(0))
    else this.#state = 'extension'
  }

  #extension(content: Buffer): void {
    const name = () => text(content, 0, content.length)
    if (this.#extensionType === 'x') this.#pax = decodePax(Buffer.from(content))
    else if (this.#extensionType === 'g') this.#rememberGlobal(decodePax(Buffer.from(content)))
    else if (this.#extensionType === 'L') this.#longName = name()
    else this.#longLink = name()
    this.#toPadding()
  }

  #rememberGlobal(records: [string, Buffer][]): void {
    for (const [key, value] of records) this.#global.set(key, value)
    if (this.#global.size > 1000) throw malformed('too many global PAX records')
  }

  #applyNames(header: RawHeader): void {
    if (this.#longName !== undefined) header.path = this.#longName
    if (this.#longLink !== undefined) header.linkPath = this.#longLink
    for (const [key, value] of [...this.#global, ...this.#pax]) applyPax(header, key, value)
  }

  #startOldSparse(block: Buffer): void {
    this.#sparse = []
    this.#sparseSize = number(block, 483, 12)
    readRuns(block, 386, 4, this.#sparse)
    if (block[482]) this.#state = 'sparse-extended'
    else this.#announce(this.#sparse)
  }

  #sparseExtended(block: Buffer): void {
    readRuns(block, 0, 21, this.#sparse!)
    if (!block[504]) this.#announce(this.#sparse)
  }

  /** PAX sparse formats 0.0 and 0.1 carry the map in the header; 1.0 puts it before the content. */
  #paxSparse(): SparseRun[] | undefined | 'map-follows' {
    const get = (key: string) => this.#pax.findLast(([name]) => name === key)?.[1].toString('latin1')
    if (!this.#pax.some(([key]) => key.startsWith('GNU.sparse.'))) return undefined
    this.#sparseSize = decimal(get('GNU.sparse.realsize') ?? get('GNU.sparse.size') ?? '')
    const name = get('GNU.sparse.name')
    if (name !== undefined) this.#header!.path = name
    if (get('GNU.sparse.major') === '1') return 'map-follows'
    const numbers = get('GNU.sparse.map')?.split(',') ?? this.#pax.filter(([key]) => key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes').map(([, value]) => value.toString('latin1'))
    return pairs(numbers.map(decimal))
  }

  #startSparseMap(): void {
    this.#mapText = ''
    this.#state = 'sparse-map'
  }

  #sparseMapBlock(block: Buffer): void {
    this.#mapText += block.toString('latin1')
    this.#header!.size -= BLOCK
    const lines = this.#mapText.split('\n')
    const count = lines.length > 1 ? decimal(lines[0]!) : undefined
    if (count !== undefined && count > SPARSE_RUN_LIMIT) throw malformed('sparse map is too large')
    if (count === undefined || lines.length <= count * 2 + 1) {
      if (this.#header!.size < BLOCK) throw malformed('sparse map is cut off')
      return
    }
    this.#mapText = ''
    this.#announce(pairs(lines.slice(1, count * 2 + 1).map(decimal)))
  }

  #announce(sparse: SparseRun[] | undefined): void {
    const header = this.#header!
    const entry = toEntry(header, [...this.#global, ...this.#pax])
    const stored = entry.type === 'file' ? header.size : 0
    if (sparse) entry.size = checkRuns(sparse, this.#sparseSize, stored)
    this.#sparse = sparse
    this.#pax = []
    this.#longName = this.#longLink = undefined
    this.#run = 0
    this.#position = 0
    this.#remaining = stored
    this.#padding = paddingAfter(stored)
    this.#handler.entry(entry)
    if (stored > 0) this.#state = 'content'
    else this.#finish()
  }

  #content(chunk: Buffer, at: number): number {
    const run = this.#sparse?.[this.#run]
    if (run && run.length === this.#position) {
      this.#run++
      this.#position = 0
      return at
    }
    const length = Math.min(chunk.length - at, this.#remaining, run ? run.length - this.#position : Infinity)
    this.#handler.data(chunk.subarray(at, at + length), (run?.offset ?? 0) + this.#position)
    this.#position += length
    this.#remaining -= length
    if (this.#remaining === 0) this.#finish()
    return at + length
  }

  #finish(): void {
    this.#handler.complete()
    this.#toPadding()
  }

  #toPadding(): void {
    this.#remaining = this.#padding
    this.#state = this.#padding > 0 ? 'padding' : 'header'
  }

  #skip(chunk: Buffer, at: number, then: State): number {
    const length = Math.min(chunk.length - at, this.#remaining)
    this.#remaining -= length
    if (this.#remaining === 0) this.#state = then
    return at + length
  }
}

function toEntry(header: RawHeader, pax: [string, Buffer][]): TarEntry {
  const type = TYPES[header.typeFlag]
  if (header.linkPath.includes('\0')) throw malformed(`the target of the link ${JSON.stringify(header.path)} contains a NUL byte`)
  if (!type) throw malformed(`entry ${JSON.stringify(header.path)} has the unknown type ${JSON.stringify(header.typeFlag)}`)
  // The oldest tars have no type for directories, only a slash at the end of the name.
  const isDirectory = type === 'file' && header.path.endsWith('/')
  const { typeFlag: _, ...rest } = header
  const xattrs = new Map<string, Uint8Array>()
  for (const [key, value] of pax) if (key.startsWith('SCHILY.xattr.')) xattrs.set(key.slice('SCHILY.xattr.'.length), value)
  return { ...rest, type: isDirectory ? 'directory' : type, size: type === 'file' && !isDirectory ? header.size : 0, ...(xattrs.size > 0 && { xattrs }) }
}

function applyPax(header: RawHeader, key: string, value: Buffer): void {
  const content = () => value.toString('latin1')
  if (key === 'path') header.path = content()
  else if (key === 'linkpath') header.linkPath = content()
  else if (key === 'size') header.size = decimal(content())
  else if (key === 'uid') header.uid = decimal(content())
  else if (key === 'gid') header.gid = decimal(content())
  else if (key === 'mtime') header.mtime = seconds(content())
}

/** Unix seconds, with a fraction; what is no number at all is none. */
function seconds(text: string): number {
  const value = Number(text) || 0
  if (!Number.isFinite(value)) throw malformed(`${JSON.stringify(text.slice(0, 40))} is not a time`)
  return value
}

function decimal(digits: string): number {
  const value = Number(digits)
  if (!/^\d+$/.test(digits) || !Number.isSafeInteger(value)) throw malformed(`${JSON.stringify(digits.slice(0, 40))} is not a number`)
  return value
}

function readRuns(block: Buffer, start: number, count: number, into: SparseRun[]): void {
  for (let i = 0; i < count; i++) {
    const at = start + i * 24
    if (block[at] === 0) return
    into.push({ offset: number(block, at, 12), length: number(block, at + 12, 12) })
    if (into.length > SPARSE_RUN_LIMIT) throw malformed('sparse map is too large')
  }
}

const pairs = (numbers: number[]): SparseRun[] => Array.from({ length: Math.floor(numbers.length / 2) }, (_, i) => ({ offset: numbers[i * 2]!, length: numbers[i * 2 + 1]! }))

/** Runs must rise, not overlap, stay within the file and be what is stored. Gives the file's size. */
function checkRuns(runs: SparseRun[], size: number, stored: number): number {
  if (runs.reduce((sum, run) => sum + run.length, 0) !== stored) throw malformed('sparse map does not match the size')
  let end = 0
  for (const run of runs) {
    if (run.offset < end || run.length < 0 || run.offset + run.length > size) throw malformed('sparse map is out of order')
    end = run.offset + run.length
  }
  return size
}
