import { expect, test } from 'vitest'
import { buffer } from 'node:stream/consumers'
import { digestOf } from '../blob-reader.ts'
import type { ContentStore } from '../content-store.ts'

const bytes = (text: string) => Buffer.from(text)
const describeBytes = (content: Uint8Array) => ({ mediaType: 'x', digest: digestOf(content), size: content.length })

/* eslint-disable max-lines-per-function -- a table of tests */
/** What every content store does. `damage` changes the stored bytes of a blob behind the store's back. */
export function contentContract(create: () => Promise<ContentStore>, damage: (store: ContentStore, digest: ReturnType<typeof digestOf>) => void) {
  test('a blob is there after commit and not before', async () => {
    const store = await create()
    const content = bytes('hello')
    await using writer = await store.writer(describeBytes(content))
    await writer.write(content.subarray(0, 2))
    await writer.write(content.subarray(2))
    expect(store.has(digestOf(content))).toBe(false)
    expect(await writer.commit()).toEqual({ digest: digestOf(content), size: 5 })
    expect(store.has(digestOf(content))).toBe(true)
    expect(store.sizeOf(digestOf(content))).toBe(5)
    expect(await buffer(await store.open({ digest: digestOf(content) }))).toEqual(content)
    expect(await Array.fromAsync(store.list())).toEqual([{ digest: digestOf(content), size: 5 }])
  })

  test('a cut write is taken up where it ended', async () => {
    const store = await create()
    const content = bytes('hello world')
    {
      await using writer = await store.writer(describeBytes(content))
      await writer.write(content.subarray(0, 6))
      expect(await store.listParts()).toEqual([])
      await store.removePart(digestOf(content))
    }
    expect(await store.listParts()).toEqual([digestOf(content)])
    await using again = await store.writer(describeBytes(content))
    expect(again.offset).toBe(6)
    await again.write(content.subarray(6))
    await again.commit()
    expect(store.has(digestOf(content))).toBe(true)
  })

  test('a part that nobody writes to can be removed', async () => {
    const store = await create()
    const wanted = describeBytes(bytes('hello'))
    {
      await using writer = await store.writer(wanted)
      await writer.write(bytes('hel'))
    }
    await store.removePart(wanted.digest)
    await store.removePart(wanted.digest)
    expect(await store.listParts()).toEqual([])
    await using again = await store.writer(wanted)
    expect(again.offset).toBe(0)
  })

  test('truncate starts over', async () => {
    const store = await create()
    const good = bytes('good')
    {
      await using writer = await store.writer(describeBytes(good))
      await writer.write(bytes('junk'))
    }
    await using again = await store.writer(describeBytes(good))
    await again.truncate()
    await again.write(good)
    expect((await again.commit()).digest).toBe(digestOf(good))
  })

  test('what is not known before is held before it is there, and leaves nothing when it is given up', async () => {
    const store = await create()
    const held: [string, boolean][] = []
    {
      await using writer = await store.writer()
      await writer.write(bytes('given up'))
    }
    expect([await store.listParts(), await Array.fromAsync(store.list())]).toEqual([[], []])
    await using writer = await store.writer()
    await writer.write(bytes('new'))
    await writer.commit((digest) => held.push([digest, store.has(digest)]))
    expect([held, store.has(digestOf(bytes('new')))]).toEqual([[[digestOf(bytes('new')), false]], true])
  })

  test('what has a name is taken up by it, is no part of a known blob, and may be refused at the end', async () => {
    const store = await create()
    {
      await using writer = await store.namedWriter('an-upload')
      await writer.write(bytes('first, '))
    }
    expect([await store.listParts(), await Array.fromAsync(store.list())]).toEqual([[], []])
    const refuse = () => {
      throw new Error('not this one')
    }
    {
      await using other = await store.namedWriter('another')
      expect(other.offset).toBe(0)
      await other.write(bytes('x'))
      await expect(other.commit(refuse)).rejects.toThrow('not this one')
      await other.abort()
    }
    await using writer = await store.namedWriter('an-upload')
    expect(writer.offset).toBe(7)
    await writer.write(bytes('second'))
    expect((await writer.commit()).digest).toBe(digestOf(bytes('first, second')))
    expect((await Array.fromAsync(store.list())).length).toBe(1)
  })

  test.each([
    ['other bytes', 'hellO', /does not match: got digest sha256:/],
    ['too few', 'hell', /does not match/],
  ])('%s are refused and nothing becomes visible', async (_what, given, message) => {
    const store = await create()
    const wanted = describeBytes(bytes('hello'))
    await using writer = await store.writer(wanted)
    await writer.write(bytes(given))
    await expect(writer.commit()).rejects.toThrow(message)
    expect(store.has(wanted.digest)).toBe(false)
    expect(await Array.fromAsync(store.list())).toEqual([])
    await using fresh = await store.writer(wanted)
    expect(fresh.offset).toBe(0)
  })

  test('too many bytes are refused as they come', async () => {
    const store = await create()
    await using writer = await store.writer(describeBytes(bytes('hello')))
    await expect(writer.write(bytes('hello!'))).rejects.toThrow('more than 5 bytes')
  })

  test('abort forgets the ingest', async () => {
    const store = await create()
    const wanted = describeBytes(bytes('xyz'))
    const writer = await store.writer(wanted)
    await writer.write(bytes('x'))
    await writer.abort()
    await using again = await store.writer(wanted)
    expect(again.offset).toBe(0)
  })

  test('a second writer of the same blob waits for the first', async () => {
    const store = await create()
    const wanted = describeBytes(bytes('abc'))
    const first = await store.writer(wanted)
    let second: number | undefined
    const waiting = store.writer(wanted).then((writer) => ((second = writer.offset), writer))
    await first.write(bytes('ab'))
    expect(second).toBe(undefined)
    await first[Symbol.asyncDispose]()
    await using writer = await waiting
    expect(writer.offset).toBe(2)
  })

  test('damage is found when reading', async () => {
    const store = await create()
    const digest = await store.put(bytes('precious'))
    damage(store, digest)
    await expect(store.read({ digest })).rejects.toMatchObject({ code: 'data-loss' })
    await expect(buffer(await store.open({ digest }))).rejects.toMatchObject({ code: 'data-loss' })
  })

  test('what is absent, removed or too large', async () => {
    const store = await create()
    const digest = await store.put(bytes('content'))
    await expect(store.read({ digest }, 3)).rejects.toMatchObject({ code: 'resource-exhausted' })
    await store.remove(digest)
    await store.remove(digest)
    await expect(store.read({ digest })).rejects.toMatchObject({ code: 'not-found' })
    await expect(store.open({ digest })).rejects.toMatchObject({ code: 'not-found' })
    expect(() => store.sizeOf(digest)).toThrow('not in the content store')
  })
}
