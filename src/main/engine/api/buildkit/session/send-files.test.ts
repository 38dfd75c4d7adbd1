import { mkdtemp, link, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { duplexPair, Readable } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createGrpcClient } from '../grpc/client.ts'
import { serveGrpc, type Call } from '../grpc/server.ts'
import { messages } from '../protocol/messages.ts'
import { kindOf } from './go-mode.ts'
import { PACKETS } from './receive-files.ts'
import { sendFiles, sendStream } from './send-files.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'send-files-'))
  for (const name of ['b', 'a-a']) await mkdir(join(folder, name))
  await writeFile(join(folder, 'a-a/inner'), 'inside', { mode: 0o755 })
  await writeFile(join(folder, 'a'), 'x'.repeat(600_000))
  await writeFile(join(folder, 'z'), '')
  await link(join(folder, 'a'), join(folder, 'b/again'))
  await symlink('../a', join(folder, 'b/link'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

function sessionWith(answer: (call: Call) => Promise<void>) {
  const [ours, theirs] = duplexPair()
  serveGrpc(theirs, { methods: new Map([['/moby.filesync.v1.FileSend/DiffCopy', answer]]), status: () => 2, details: () => undefined, onError: () => {} })
  return { client: createGrpcClient(ours), supports: () => true }
}

/** Takes a tree as fsutil does: asks for each content while the list still comes, and says at the end that it has all. */
async function take(call: Call, seen: Map<string, string>): Promise<void> {
  const paths: string[] = []
  const open = new Set<number>()
  let listed = false
  const send = (packet: Parameters<typeof messages.packet.encode>[0]) => call.send(messages.packet.encode(packet))
  for await (const bytes of call.messages) {
    const { type, stat, ID, data } = messages.packet.decode(bytes)
    if (type === PACKETS.finish) return
    if (type === PACKETS.stat && stat) {
      const kind = kindOf(stat.mode)
      seen.set(stat.path, `${kind}${stat.linkname && ` ${stat.linkname}`}`)
      if (kind === 'file' && stat.linkname === '') {
        open.add(paths.length)
        await send({ type: PACKETS.request, ID: paths.length })
      }
      paths.push(stat.path)
    } else if (type === PACKETS.stat) listed = true
    if (type === PACKETS.data && data.length > 0) seen.set(paths[ID]!, `${seen.get(paths[ID]!)!.split(':')[0]}:${Number(seen.get(paths[ID]!)!.split(':')[1] ?? 0) + data.length}`)
    if (type === PACKETS.data && data.length === 0) open.delete(ID)
    if (listed && open.size === 0) await send({ type: PACKETS.finish })
  }
}

test('a tree: folders before what is in them, in the order of bytes; links as links', async () => {
  const seen = new Map<string, string>()
  const total = await sendFiles(sessionWith((call) => take(call, seen)), { folder, place: 3 })
  expect([...seen]).toEqual([['a', 'file:600000'], ['a-a', 'directory'], ['a-a/inner', 'file:6'], ['b', 'directory'], ['b/again', 'file a'], ['b/link', 'symlink ../a'], ['z', 'file']])
  expect(total).toBe(600_006)
})

test('nothing, and a client that cannot write', async () => {
  const seen = new Map<string, string>()
  expect(await sendFiles(sessionWith((call) => take(call, seen)), { folder: undefined, place: 0 })).toBe(0)
  const full = sessionWith(async (call) => {
    await call.send(messages.packet.encode({ type: PACKETS.error, data: Buffer.from('no space left on device') }))
    for await (const _ of call.messages) continue
  })
  await expect(sendFiles(full, { folder, place: 0 })).rejects.toThrow('could not write the files: no space left on device')
})

test('one stream, for the exporter it belongs to', async () => {
  const got = Promise.withResolvers<{ place: unknown; bytes: number }>()
  const session = sessionWith(async (call) => {
    let bytes = 0
    for await (const message of call.messages) bytes += messages.bytes.decode(message).data.length
    got.resolve({ place: call.headers['buildkit-attachable-exporter-id'], bytes })
  })
  expect(await sendStream(session, { stream: Readable.from([Buffer.alloc(700_000), Buffer.alloc(1)]), place: 1 })).toBe(700_001)
  expect(await got.promise).toEqual({ place: '1', bytes: 700_001 })
  await expect(sendStream({ ...session, supports: () => false }, { stream: Readable.from([]), place: 0 })).rejects.toThrow('the client takes no files')
})
