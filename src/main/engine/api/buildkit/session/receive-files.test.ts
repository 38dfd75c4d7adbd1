import { duplexPair } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { extract } from 'tar-stream'
import { expect, test } from 'vitest'
import type { FolderListing } from '../../../services/builder/kept-contexts.ts'
import { createGrpcClient } from '../grpc/client.ts'
import { serveGrpc, type Call } from '../grpc/server.ts'
import { messages, type Stat } from '../protocol/messages.ts'
import { goMode, kindOf, permissionsOf } from './go-mode.ts'
import { PACKETS, receiveFiles, wantedMetadata } from './receive-files.ts'

interface Offered extends Partial<Stat> {
  path: string
  content?: string
}

/** Sends as fsutil does: the list, then what is asked for, pieces of several files in between one another; `wanted`: how many will be asked for. */
async function offer(files: readonly Offered[], call: Call, wanted = files.filter(({ content }) => content !== undefined).length) {
  const send = (packet: Parameters<typeof messages.packet.encode>[0]) => call.send(messages.packet.encode(packet))
  for (const { content, ...stat } of files) await send({ type: PACKETS.stat, stat: { size: content?.length ?? 0, modTime: 1.7e18, ...stat } as Stat })
  await send({ type: PACKETS.stat })
  const asked: number[] = []
  for await (const bytes of call.messages) {
    const { type, ID } = messages.packet.decode(bytes)
    if (type === PACKETS.finish) return send({ type: PACKETS.finish })
    asked.push(ID)
    if (asked.length < wanted) continue
    // Last first, so that they come in another order than they are wanted.
    for (const id of asked.toReversed()) await send({ type: PACKETS.data, ID: id, data: Buffer.from(files[id]!.content!) })
    for (const id of asked) await send({ type: PACKETS.data, ID: id })
  }
}

function receivingFrom(answer: (call: Call) => Promise<void>, since?: FolderListing) {
  const [ours, theirs] = duplexPair()
  serveGrpc(theirs, { methods: new Map([['/f/DiffCopy', answer]]), status: () => 2, details: () => undefined, onError: () => {} })
  return receiveFiles(createGrpcClient(ours).open('/f/DiffCopy'), since)
}

async function list(incoming: ReturnType<typeof receivingFrom>) {
  const { content, received } = await incoming
  if (!content) return []
  const reader = extract()
  const whole = pipeline(content.archive, reader)
  whole.catch(() => {})
  const found: string[] = []
  for await (const entry of reader) {
    const chunks: Buffer[] = []
    for await (const chunk of entry) chunks.push(chunk as Buffer)
    found.push(`${entry.header.type} ${entry.header.name} ${(entry.header.mode ?? 0).toString(8)} ${entry.header.linkname ?? ''} ${Buffer.concat(chunks).toString()}`.trim())
  }
  await Promise.all([whole, received])
  return found
}

test('folders, files, links, and contents that come out of order', async () => {
  const files: Offered[] = [
    { path: 'a', mode: goMode('directory', 0o755) },
    { path: 'a/one', mode: goMode('file', 0o4755), content: '1' },
    { path: 'a/two', mode: goMode('file', 0o644), content: '22' },
    { path: 'empty', mode: goMode('file', 0o600), content: '' },
    { path: 'hard', mode: goMode('file', 0o644), linkname: 'a/two' },
    { path: 'link', mode: goMode('symlink', 0o777), linkname: 'a/one' },
    { path: 'socket', mode: 2 ** 24 + 0o644 },
  ]
  expect(await list(receivingFrom((call) => offer(files, call)))).toEqual(['directory a 755', 'file a/one 4755  1', 'file a/two 644  22', 'file empty 600', 'link hard 644 a/two', 'symlink link 777 a/one'])
})

test('since it was last listed: only what has changed comes, and what went is a whiteout', async () => {
  const file = (path: string, content: string, modTime: number) => ({ path, mode: goMode('file', 0o644), content, modTime })
  const before = [{ path: 'gone', mode: goMode('directory', 0o755) }, file('gone/below', 'x', 1), file('kept', 'k', 1), file('later', 'old', 1), { path: 'sub', mode: goMode('directory', 0o755) }, file('sub/went', 'w', 1)]
  const after = [file('kept', 'k', 1), file('later', 'new', 2), { path: 'sub', mode: goMode('directory', 0o755) }, file('sub/new', 'n', 2)]
  const first = await receivingFrom((call) => offer(before, call))
  first.content?.archive.resume()
  await first.received
  const second = receivingFrom((call) => offer(after, call, 2), first.listing)
  expect(await list(second)).toEqual(['file .wh.gone 644', 'file sub/.wh.went 644', 'file later 644  new', 'directory sub 755', 'file sub/new 644  n'])
  const { listing, size } = await second
  expect([...listing.keys(), size]).toEqual(['kept', 'later', 'sub', 'sub/new', 5])
  expect(await receivingFrom((call) => offer(after, call, 0), listing)).toMatchObject({ content: undefined, size: 5 })
})

test('a sender that fails, or ends too early, fails the stream', async () => {
  const failing = receivingFrom((call) => call.send(messages.packet.encode({ type: PACKETS.error, data: Buffer.from('no such disk') })))
  await expect(list(failing)).rejects.toThrow('no such disk')
  await expect(list(receivingFrom(async () => {}))).rejects.toThrow('ended the transfer')
})

test("Go's modes, and headers that are not ASCII", () => {
  for (const mode of [0o644, 0o4755, 0o2755, 0o1777, 0o7777]) expect([permissionsOf(goMode('file', mode)), kindOf(goMode('directory', mode))]).toEqual([mode, 'directory'])
  expect(wantedMetadata({ folder: 'context', exclude: ['a b', 'é'] })).toEqual({ 'dir-name': ['context'], 'exclude-patterns': ['a+b', '%C3%A9'], 'exclude-patterns-encoded': '1' })
})
