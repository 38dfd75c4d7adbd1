import { once } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { batchesOf, chunksOf, chunksToSend } from './batches.ts'

const piece = (text: string) => Buffer.from(text)

test('what waits comes together, as it was written, and nothing is copied', async () => {
  const stream = new PassThrough()
  const reader = batchesOf(stream)
  const written = ['a', 'b', 'c'].map(piece)
  const first = reader.next()
  for (const each of written) stream.write(each)
  const found = [(await first).value]
  stream.end('d')
  for await (const batch of reader) found.push(batch)
  expect(found.flat().map(String)).toEqual(['a', 'b', 'c', 'd'])
  expect(found.flat()[1]?.buffer).toBe(written[1]?.buffer)
})

test('a reader that is busy holds the stream back', async () => {
  let made = 0
  const stream = new Readable({ highWaterMark: 1, read() { this.push(Buffer.alloc(64 * 1024, ++made)) } })
  const reader = batchesOf(stream)
  await reader.next()
  for (let round = 0; round < 100; round++) await turn()
  expect(made).toBeLessThan(40)
  await reader.return(undefined)
  expect(stream.destroyed).toBe(true)
})

test('an error comes after what came before it; an end that was none is one', async () => {
  for (const fail of [(stream: PassThrough) => stream.destroy(new Error('cut')), (stream: PassThrough) => stream.destroy()]) {
    const stream = new PassThrough()
    stream.write('before')
    const reader = chunksOf(stream)
    expect(String((await reader.next()).value)).toBe('before')
    fail(stream)
    await expect(reader.next()).rejects.toThrow(/cut|Premature/)
  }
})

test('who asks for it finds the stream open afterwards', async () => {
  const stream = new PassThrough()
  stream.write('one')
  for await (const chunk of chunksOf(stream, { keepOpen: true })) {
    expect(String(chunk)).toBe('one')
    break
  }
  expect(stream.destroyed).toBe(false)
  stream.write('two')
  const [chunk] = await (stream.resume(), once(stream, 'data'))
  expect(String(chunk)).toBe('two')
})

test('one that has ended, or was destroyed, before it is read', async () => {
  const ended = Readable.from([])
  ended.resume()
  await once(ended, 'end')
  expect((await batchesOf(ended).next()).done).toBe(true)
  const gone = new PassThrough()
  gone.destroy(new Error('gone'))
  await once(gone, 'error')
  await expect(batchesOf(gone).next()).rejects.toThrow('gone')
})

test('chunks that are its own are released once the next are asked for', async () => {
  const chunk = Buffer.allocUnsafeSlow(1000)
  for await (const batch of batchesOf(Readable.from([chunk]), { own: true })) expect(batch[0]).toHaveLength(1000)
  expect(chunk).toHaveLength(0)
})

test('of chunks that are to be sent, two are there at a time', async () => {
  const chunks = ['a', 'b', 'c'].map((text) => Buffer.allocUnsafeSlow(1000).fill(text))
  const there: string[] = []
  for await (const chunk of chunksToSend(Readable.from(chunks))) there.push(`${String.fromCharCode(chunk[0]!)}: ${chunks.map(({ length }) => Math.sign(length)).join('')}`)
  expect(there).toEqual(['a: 111', 'b: 111', 'c: 011'])
})
