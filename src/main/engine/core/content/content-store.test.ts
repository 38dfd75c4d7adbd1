import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { digestOf } from './blob-reader.ts'
import { openContentStore } from './disk-content-store.ts'
import { contentContract } from './testing/content-contract.ts'
import { createMemoryContentStore } from './testing/memory-content-store.ts'

const root = mkdtempSync(join(tmpdir(), 'images-content-'))
afterAll(() => rmSync(root, { recursive: true }))

test('opening removes what nobody can take up, and keeps parts and blobs', async () => {
  const folder = mkdtempSync(join(root, 'cut-'))
  const store = await openContentStore(folder)
  const kept = await store.put(Buffer.from('kept'))
  const known = { mediaType: 'x', digest: digestOf(Buffer.from('known')), size: 5 }
  await using part = await store.writer(known)
  await part.write(Buffer.from('kno'))
  await using lost = await store.writer()
  await lost.write(Buffer.from('lost'))
  writeFileSync(`${store.pathOf(kept)}.12.0.tmp`, 'cut by a version before')
  // As a kill leaves it: nothing was disposed of.
  const again = await openContentStore(folder)
  expect(readdirSync(join(folder, 'ingest'))).toEqual([known.digest.slice(7)])
  expect(readdirSync(join(folder, 'blobs/sha256'))).toEqual([kept.slice(7)])
  expect(await again.listParts()).toEqual([known.digest])
})

describe('on disk', () => {
  contentContract(
    () => openContentStore(mkdtempSync(join(root, 'store-'))),
    (store, digest) => writeFileSync(store.pathOf(digest), 'precioUs'),
  )
})
describe('in memory', () => {
  contentContract(
    async () => createMemoryContentStore(),
    (store, digest) => (store as ReturnType<typeof createMemoryContentStore>).blobs.set(digest, Buffer.from('precioUs')),
  )
})
