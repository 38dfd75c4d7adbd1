import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe } from 'vitest'
import { openContentStore } from './disk-content-store.ts'
import { contentContract } from './testing/content-contract.ts'
import { createMemoryContentStore } from './testing/memory-content-store.ts'

const root = mkdtempSync(join(tmpdir(), 'images-content-'))
afterAll(() => rmSync(root, { recursive: true }))

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
