import { linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Descriptor } from '#shared/oci/descriptor.ts'
import { isEngineError } from '#shared/errors.ts'
import { cutStates, fingerprint, type CutState } from '#base/testing/cut-states.ts'
import { recordingDisk, type RecordingDisk } from '#base/testing/recording-disk.ts'
import { digestOf } from './blob-reader.ts'
import type { ContentStore } from './content-store.ts'
import { openContentStore } from './disk-content-store.ts'
import { FLUSH_UP_TO } from './ingest-file.ts'

const root = mkdtempSync(join(tmpdir(), 'slipway-content-cut-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const small = (text: string) => Buffer.from(text.repeat(40))
const large = (text: string) => Buffer.alloc(FLUSH_UP_TO + 1, text)
const describeBytes = (content: Uint8Array): Descriptor => ({ mediaType: 'x', digest: digestOf(content), size: content.length })

const PUT = small('put')
const KNOWN = small('known')
const RESUMED = small('resumed')
const REMOVED = small('removed')
const NAMED = large('named')
const LAYER = large('layer')
const ADOPTED = small('adopted')
const LOADED = large('loaded')
const blobs = { PUT, KNOWN, RESUMED, REMOVED, NAMED, LAYER, ADOPTED, LOADED }
/** What may be torn: it can be had again. */
const UNFLUSHED = [LAYER, LOADED]

/** Of every way in which bytes come and go, one; whoever asked for it is told at its end. */
async function work(folder: string, disk: RecordingDisk): Promise<void> {
  const store = await openContentStore(join(folder, 'content'), disk)
  await store.put(PUT)
  disk.told('PUT')
  await store.put(REMOVED)
  disk.told('REMOVED')
  {
    await using writer = await store.writer(describeBytes(KNOWN))
    await writer.write(KNOWN)
    await writer.commit()
  }
  disk.told('KNOWN')
  {
    await using writer = await store.writer(describeBytes(RESUMED))
    await writer.write(RESUMED.subarray(0, 50))
  }
  disk.told('removing REMOVED')
  await store.remove(digestOf(REMOVED))
  disk.told('removed REMOVED')
  {
    await using writer = await store.namedWriter('upload')
    await writer.write(NAMED.subarray(0, 30), NAMED.subarray(30))
    await writer.commit()
  }
  disk.told('NAMED')
  {
    await using writer = await store.writer(describeBytes(RESUMED))
    await writer.write(RESUMED.subarray(50, 90), RESUMED.subarray(90))
    await writer.commit()
  }
  disk.told('RESUMED')
  {
    const file = await disk.open(join(folder, 'made'), 'wx', 0o600)
    await file.writev([ADOPTED])
    await file.close()
    await store.adopt(join(folder, 'made'), describeBytes(ADOPTED))
  }
  disk.told('ADOPTED')
  {
    await using writer = await store.writer(describeBytes(LAYER))
    await writer.write(LAYER.subarray(0, 500_000), LAYER.subarray(500_000))
    await writer.commit()
  }
  disk.told('LAYER')
  {
    await using writer = await store.writer()
    await writer.write(LOADED)
    await writer.commit()
  }
  disk.told('LOADED')
  {
    await using writer = await store.writer()
    await writer.write(small('given up'))
  }
}

const made = new Set<string>()
/** A blob is never written to again, so each is made once. */
function place(bytes: Buffer, path: string): void {
  mkdirSync(dirname(path), { recursive: true })
  if (!path.includes('/blobs/')) return writeFileSync(path, bytes)
  const pooled = join(root, `blob-${fingerprint(bytes)}`)
  if (!made.has(pooled)) writeFileSync(pooled, bytes)
  made.add(pooled)
  linkSync(pooled, path)
}

/** The store as the next engine finds it. */
async function reopened({ files }: CutState): Promise<{ store: ContentStore; folder: string }> {
  const folder = mkdtempSync(join(root, 'state-'))
  for (const [path, bytes] of files) place(bytes, join(folder, path))
  return { store: await openContentStore(join(folder, 'content')), folder }
}

/** Whole, absent, or damaged and said to be. */
async function found(store: ContentStore, content: Uint8Array): Promise<'whole' | 'absent' | 'damaged' | 'wrong'> {
  try {
    const read = await Array.fromAsync(await store.open(describeBytes(content)))
    return Buffer.concat(read as Buffer[]).equals(content) ? 'whole' : 'wrong'
  } catch (error) {
    if (isEngineError(error, 'not-found')) return 'absent'
    if (isEngineError(error, 'data-loss')) return 'damaged'
    throw error
  }
}

async function record(): Promise<CutState[]> {
  const folder = mkdtempSync(join(root, 'work-'))
  const disk = recordingDisk(folder)
  await work(folder, disk)
  expect(readdirSync(join(folder, 'content/ingest'))).toEqual([])
  return [...cutStates(disk.steps)]
}

let states: CutState[]
beforeAll(async () => void (states = await record()))

async function eachState(check: (store: ContentStore, state: CutState, folder: string) => Promise<void>): Promise<void> {
  for (const state of states) {
    const { store, folder } = await reopened(state)
    try {
      await check(store, state, folder)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

test('what was acknowledged is there after a kill at any step, and after a power cut all that cannot be had again, for records may speak of it', async () => {
  await eachState(async (store, { title, told, power }) => {
    for (const [name, content] of Object.entries(blobs)) {
      if (!told.includes(name) || (power && UNFLUSHED.includes(content))) continue
      const [going, gone] = [told.includes(`removing ${name}`), told.includes(`removed ${name}`) && !power]
      expect(gone ? ['absent'] : going ? ['absent', 'whole'] : ['whole'], `${name} ${title}`).toContain(await found(store, content))
    }
  })
})

test('what is there is whole; only one that can be had again may be damaged, by a power cut, and reading says so', async () => {
  await eachState(async (store, { title, power }) => {
    for (const [name, content] of Object.entries(blobs)) {
      const allowed = ['whole', 'absent', ...(power && UNFLUSHED.includes(content) ? ['damaged'] : [])]
      expect(allowed, `${name} ${title}`).toContain(await found(store, content))
    }
  })
})

test('nothing is left over but parts that can be taken up', async () => {
  await eachState(async (store, { title }, folder) => {
    const parts = readdirSync(join(folder, 'content/ingest')).filter((name) => name !== 'named-upload')
    expect(parts.map((name) => `sha256:${name}`), title).toEqual(await store.listParts())
    const known = new Set(Object.values(blobs).map((content) => digestOf(content)))
    const listed = await Array.fromAsync(store.list())
    expect(listed.filter(({ digest }) => !known.has(digest)), title).toEqual([])
    expect(readdirSync(join(folder, 'content/blobs/sha256')).length, title).toBe(listed.length)
  })
})

test('what was cut can be done again: a part that lost bytes is refused once and begun anew', async () => {
  await eachState(async (store, { title, power }) => {
    for (const content of [KNOWN, RESUMED, LAYER]) {
      if (store.has(digestOf(content))) continue
      const again = async () => {
        await using writer = await store.writer(describeBytes(content))
        await writer.write(content.subarray(writer.offset))
        await writer.commit()
      }
      await again().catch(async (error: unknown) => {
        if (!power || !isEngineError(error, 'data-loss')) throw new Error(title, { cause: error })
        await again()
      })
      expect(readFileSync(store.pathOf(digestOf(content))).equals(content), title).toBe(true)
    }
  })
})
