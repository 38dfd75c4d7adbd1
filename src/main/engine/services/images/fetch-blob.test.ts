import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import type { Digest } from '#shared/oci/digest.ts'
import { createMemoryContentStore } from '../../core/content/testing/memory-content-store.ts'
import type { Repository } from '../../core/registry/registry.ts'
import { fetchBlob } from './fetch-blob.ts'

const bytes = Buffer.from('what a registry has')
const descriptor = { mediaType: 'application/octet-stream', digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest, size: bytes.length }

/** Gives of the blob, from where it is asked for, as many bytes as each attempt may. */
function repositoryOf(...limits: number[]) {
  const asked: number[] = []
  const blob: Repository['blob'] = async (_blob, offset) => {
    asked.push(offset)
    return { stream: Readable.from([bytes.subarray(offset, offset + (limits.shift() ?? 0))], { objectMode: false }), offset }
  }
  return { asked, repository: { blob } as Repository }
}

test.each([undefined, () => {}])('a blob that comes whole is asked for once, whoever listens: %s', async (onBytes) => {
  const content = createMemoryContentStore()
  const { asked, repository } = repositoryOf(bytes.length)
  await fetchBlob({ content, repository, descriptor, signal: new AbortController().signal, retryDelay: 3_600_000, ...(onBytes && { onBytes }) })
  expect(asked).toEqual([0])
  expect(Buffer.from(await content.read(descriptor))).toEqual(bytes)
})

test('one that is cut goes on where it was cut', async () => {
  const content = createMemoryContentStore()
  const { asked, repository } = repositoryOf(4, 0, bytes.length)
  const told: number[] = []
  await fetchBlob({ content, repository, descriptor, signal: new AbortController().signal, retryDelay: 0, onBytes: (at) => told.push(at) })
  expect(asked).toEqual([0, 4, 4])
  expect(told.at(-1)).toBe(bytes.length)
  expect(Buffer.from(await content.read(descriptor))).toEqual(bytes)
})
