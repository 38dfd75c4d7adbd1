import { createReadStream, type Stats } from 'node:fs'
import { lstat, readdir, readlink } from 'node:fs/promises'
import { join, posix } from 'node:path'
import type { Readable } from 'node:stream'
import { EngineError } from '#shared/errors.ts'
import { chunksOf } from '#base/batches.ts'
import type { Conversation } from '../grpc/client.ts'
import { messages, type Stat } from '../protocol/messages.ts'
import { goMode } from './go-mode.ts'
import { PACKETS } from './receive-files.ts'
import type { Session } from './sessions.ts'

const SEND = '/moby.filesync.v1.FileSend/DiffCopy'
/** Which of the exporters that the client named these bytes are for. */
const EXPORTER = 'buildkit-attachable-exporter-id'
const PIECE = 256 * 2 ** 10

type OnBytes = (total: number) => void

function open({ client, supports }: Session, place: number): Conversation {
  if (!supports(SEND)) throw new EngineError('unavailable', 'the client takes no files', { hint: 'Give a destination: --output type=local,dest=FOLDER.' })
  return client.open(SEND, { [EXPORTER]: String(place) })
}

/** Bytes for a file of the client's, or for its standard output. Gives how many they were. */
export async function sendStream(session: Session, { stream, place }: { stream: Readable; place: number }, onBytes: OnBytes = () => {}): Promise<number> {
  using conversation = open(session, place)
  let total = 0
  for await (const chunk of chunksOf(stream)) {
    for (let at = 0; at < chunk.length; at += PIECE) await conversation.send(messages.bytes.encode({ data: chunk.subarray(at, at + PIECE) }))
    onBytes((total += chunk.length))
  }
  conversation.finish()
  await ended(conversation)
  return total
}

/** The other side ends when it has written all, or says why it could not. */
async function ended(conversation: Conversation): Promise<void> {
  for await (const _ of conversation.messages) continue
}

/**
 * A tree for a folder of the client's, by the protocol in which clients send theirs (receive-files.ts), the other way round: we list everything, each folder before what is in it, and the
 * client asks for contents by number. Nothing changes `folder` meanwhile, and no link in it is followed.
 */
export async function sendFiles(session: Session, { folder, place }: { folder: string | undefined; place: number }, onBytes: OnBytes = () => {}): Promise<number> {
  using conversation = open(session, place)
  const paths: string[] = []
  const send = (packet: Parameters<typeof messages.packet.encode>[0]) => conversation.send(messages.packet.encode(packet))
  let total = 0
  const list = async () => {
    if (folder !== undefined)
      for await (const { hostPath, stat } of walk(folder, '', new Map())) {
        paths.push(hostPath)
        await send({ type: PACKETS.stat, stat })
      }
    await send({ type: PACKETS.stat })
  }
  const answer = async () => {
    for await (const bytes of conversation.messages) {
      const { type, ID, data } = messages.packet.decode(bytes)
      if (type === PACKETS.error) throw new EngineError('unavailable', `the client could not write the files: ${data.toString()}`)
      if (type === PACKETS.finish) {
        await send({ type: PACKETS.finish })
        conversation.finish()
      }
      if (type !== PACKETS.request) continue
      const path = paths[ID]
      if (path === undefined) throw new EngineError('invalid-argument', `the client asked for file ${ID}, which was not listed`)
      for await (const piece of createReadStream(path, { highWaterMark: PIECE }) as AsyncIterable<Buffer>) {
        await send({ type: PACKETS.data, ID, data: piece })
        onBytes((total += piece.length))
      }
      await send({ type: PACKETS.data, ID })
    }
  }
  await Promise.all([list(), answer()])
  return total
}

/** In the order in which the other side checks that nothing is out of place: by name within a folder, as bytes. Devices, pipes and sockets stay behind. */
async function* walk(folder: string, inside: string, links: Map<string, string>): AsyncGenerator<{ hostPath: string; stat: Stat }> {
  const names = await readdir(folder)
  for (const name of names.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))) {
    const [hostPath, path] = [join(folder, name), posix.join(inside, name)]
    const found = await lstat(hostPath)
    const stat = await describe(hostPath, path, found, links)
    if (stat) yield { hostPath, stat }
    if (found.isDirectory()) yield* walk(hostPath, path, links)
  }
}

async function describe(hostPath: string, path: string, found: Stats, links: Map<string, string>): Promise<Stat | undefined> {
  const common = { path, uid: found.uid, gid: found.gid, size: 0, modTime: Math.round(found.mtimeMs * 1e6), linkname: '', devmajor: 0, devminor: 0, xattrs: {} }
  if (found.isDirectory()) return { ...common, mode: goMode('directory', found.mode) }
  if (found.isSymbolicLink()) return { ...common, mode: goMode('symlink', found.mode), linkname: await readlink(hostPath) }
  if (!found.isFile()) return undefined
  const inode = `${found.dev}/${found.ino}`
  const first = found.nlink > 1 ? links.get(inode) : undefined
  if (found.nlink > 1 && first === undefined) links.set(inode, path)
  return { ...common, mode: goMode('file', found.mode), ...(first === undefined ? { size: found.size } : { linkname: first }) }
}
