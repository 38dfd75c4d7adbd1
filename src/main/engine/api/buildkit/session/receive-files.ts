import { once } from 'node:events'
import { posix } from 'node:path'
import { PassThrough, type Readable } from 'node:stream'
import { pack, type Header as TarHeader, type Pack } from 'tar-stream'
import { EngineError } from '#shared/errors.ts'
import { fromText, toText } from '../../../core/layers/byte-path.ts'
import { whiteoutsOf } from '../../../services/builder/folder-listing.ts'
import type { FolderChanges, FolderListing } from '../../../services/builder/kept-contexts.ts'
import type { Conversation } from '../grpc/client.ts'
import { messages, type Packet, type Stat } from '../protocol/messages.ts'
import { kindOf, permissionsOf } from './go-mode.ts'

/** https://github.com/tonistiigi/fsutil/blob/master/types/wire.proto */
export const PACKETS = { stat: 0, request: 1, data: 2, finish: 3, error: 4 } as const

export interface WantedFiles {
  /** Which of the client's folders. */
  folder: string
  include?: readonly string[]
  exclude?: readonly string[]
  /** Only these, and what links among them lead to. */
  follow?: readonly string[]
}

/** As headers; what is not ASCII is escaped, and said to be. */
export function wantedMetadata({ folder, include, exclude, follow }: WantedFiles): Record<string, string | string[]> {
  const lists = { 'dir-name': [folder], 'include-patterns': include, 'exclude-patterns': exclude, followpaths: follow }
  const headers: Record<string, string | string[]> = {}
  for (const [name, values] of Object.entries(lists)) {
    if (!values || values.length === 0) continue
    const escape = values.some((value) => /[^\t\x20-\x7e]/.test(value))
    headers[name] = escape ? values.map((value) => encodeURIComponent(value).replaceAll('%20', '+')) : [...values]
    if (escape) headers[`${name}-encoded`] = '1'
  }
  return headers
}

export interface IncomingFiles extends FolderChanges {
  content: { archive: Readable } | undefined
  /** Settled when all of it has come. */
  received: Promise<void>
}

/** Files asked for ahead, while they together are smaller than this. */
const AHEAD_BYTES = 8 * 2 ** 20
const AHEAD_FILES = 64

/**
 * The files of a client that are other than `since` as a tar stream. The other side first lists everything (an entry without a path ends the list), numbered in that order; a file's content comes when its
 * number is asked for, in pieces of which the last is empty. The stream goes where every other build context goes, so that what a client may put into a tree is decided in one place.
 */
export async function receiveFiles(conversation: Conversation, since: FolderListing = new Map(), onBytes: (total: number) => void = () => {}): Promise<IncomingFiles> {
  await using undo = new AsyncDisposableStack()
  undo.defer(() => conversation[Symbol.dispose]())
  const packets = readPackets(conversation)
  // Sockets and pipes, and names that images reserve for deletions, are in no layer.
  const listed = (await readList(packets)).filter(({ stat }) => kindOf(stat.mode) !== 'other' && !posix.basename(stat.path).startsWith('.wh.'))
  const listing = new Map(listed.map(({ stat }) => [fromText(stat.path), stateOf(stat)]))
  const size = listed.reduce((sum, entry) => sum + (isContent(entry.stat) ? entry.stat.size : 0), 0)
  const gone = whiteoutsOf(since, listing).map(toText)
  const isChanged = ({ stat: { path } }: Listed) => since.get(fromText(path)) !== listing.get(fromText(path))
  if (gone.length === 0 && !listed.some(isChanged)) {
    await finish(conversation, packets)
    return { listing, size, content: undefined, received: Promise.resolve() }
  }
  // The time of a folder changes with what is in it, and a link may lead to a file that is another by now.
  const wanted = listed.filter((entry) => !isContent(entry.stat) || isChanged(entry))
  undo.move()
  return { listing, size, ...send(conversation, packets, gone, wanted, onBytes) }
}

function send(conversation: Conversation, packets: AsyncGenerator<Packet>, gone: readonly string[], wanted: readonly Listed[], onBytes: (total: number) => void): { content: { archive: Readable }; received: Promise<void> } {
  const archive = pack()
  const out = new PassThrough()
  archive.pipe(out)
  archive.on('error', (error) => out.destroy(error))
  const received = receive(conversation, packets, archive, { gone, wanted, onBytes })
    .then(() => archive.finalize())
    .finally(() => conversation[Symbol.dispose]())
  received.catch((error: Error) => out.destroy(error))
  // Nobody wants the rest: the client need not send it.
  out.once('close', () => conversation[Symbol.dispose]())
  return { content: { archive: out }, received }
}

async function receive(conversation: Conversation, packets: AsyncGenerator<Packet>, archive: Pack, { gone, wanted, onBytes }: { gone: readonly string[]; wanted: readonly Listed[]; onBytes: (total: number) => void }): Promise<void> {
  for (const name of gone) await written(archive, { name, type: 'file' })
  const contents = createContents(conversation, packets, wanted)
  let total = 0
  for (const { id, stat } of wanted) {
    const header = headerOf(stat)
    if (header.type !== 'file') {
      await written(archive, header)
      continue
    }
    const entry = archive.entry({ ...header, size: stat.size })
    for await (const bytes of contents.of(id, stat)) {
      total += bytes.length
      onBytes(total)
      if (!entry.write(bytes)) await once(entry, 'drain')
    }
    entry.end(Buffer.alloc(0))
  }
  await finish(conversation, packets)
}

async function finish(conversation: Conversation, packets: AsyncGenerator<Packet>): Promise<void> {
  await conversation.send(messages.packet.encode({ type: PACKETS.finish }))
  for await (const { type } of packets) if (type === PACKETS.finish) break
  conversation.finish()
}

/** What tells one state of a file from another; what a client changes without changing this is not seen, as with BuildKit. */
const stateOf = ({ mode, uid, gid, size, modTime, linkname }: Stat): string => [mode, uid, gid, size, modTime, linkname].join(' ')

async function* readPackets(conversation: Conversation): AsyncGenerator<Packet> {
  for await (const bytes of conversation.messages) {
    const packet = messages.packet.decode(bytes)
    if (packet.type === PACKETS.error) throw new EngineError('unavailable', `error from sender: ${packet.data.toString()}`)
    yield packet
  }
}

interface Listed {
  /** Its place in the client's list. */
  id: number
  stat: Stat
}

async function readList(packets: AsyncGenerator<Packet>): Promise<Listed[]> {
  const listed: Listed[] = []
  for (;;) {
    const { value, done } = await packets.next()
    if (done) throw new EngineError('unavailable', 'the client ended the transfer of files')
    if (value.type !== PACKETS.stat) continue
    if (!value.stat || value.stat.path === '') return listed
    listed.push({ id: listed.length, stat: value.stat })
  }
}

const isContent = (stat: Stat): boolean => kindOf(stat.mode) === 'file' && stat.linkname === ''

/** Contents in the order of the list; the requests run ahead, so that many small files do not wait for one another. */
function createContents(conversation: Conversation, packets: AsyncGenerator<Packet>, wanted: readonly Listed[]) {
  const queue = wanted.filter(({ stat }) => isContent(stat))
  const arrived = new Map<number, Buffer[]>()
  const complete = new Set<number>()
  let [next, ahead, files] = [0, 0, 0]
  const ask = async () => {
    while (next < queue.length && (files === 0 || (files < AHEAD_FILES && ahead + queue[next]!.stat.size < AHEAD_BYTES))) {
      const { id, stat } = queue[next++]!
      arrived.set(id, [])
      ahead += stat.size
      files++
      await conversation.send(messages.packet.encode({ type: PACKETS.request, ID: id }))
    }
  }
  return {
    async *of(id: number, { size }: Stat): AsyncGenerator<Buffer> {
      for (;;) {
        await ask()
        yield* arrived.get(id)?.splice(0) ?? []
        if (complete.has(id)) break
        const { value, done } = await packets.next()
        if (done) throw new EngineError('unavailable', 'the client ended the transfer of files')
        if (value.type !== PACKETS.data) continue
        if (value.data.length === 0) complete.add(value.ID)
        else arrived.get(value.ID)?.push(value.data)
      }
      arrived.delete(id)
      complete.delete(id)
      ahead -= size
      files--
    },
  }
}

type EntryHeader = Partial<TarHeader> & { name: string }

function headerOf(stat: Stat): EntryHeader {
  const common = { name: stat.path, mode: permissionsOf(stat.mode), uid: stat.uid, gid: stat.gid, mtime: new Date(stat.modTime / 1e6) }
  const kind = kindOf(stat.mode)
  if (kind === 'directory') return { ...common, type: 'directory' }
  if (kind === 'symlink') return { ...common, type: 'symlink', linkname: stat.linkname }
  return stat.linkname === '' ? { ...common, type: 'file' } : { ...common, type: 'link', linkname: stat.linkname }
}

/** An entry without contents. */
const written = (archive: Pack, header: EntryHeader): Promise<void> => new Promise((resolve, reject) => archive.entry(header, '', (error) => (error ? reject(error) : resolve())))
