import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, expect, test } from 'vitest'
import type { EngineApi } from './engine-api.ts'
import { saveImages } from './image-transfer.ts'

const folder = mkdtempSync(join(tmpdir(), 'slipway-transfer-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const operation = { signal: new AbortController().signal, progress: () => {} }
const sending = (body: Iterable<Buffer>) => ({ stream: async () => Readable.from(body, { objectMode: false }) }) as unknown as EngineApi

test('an engine that hangs up while it sends an image is told as such, and leaves no file', async () => {
  function* cut() {
    yield Buffer.from('half')
    throw Object.assign(new Error('aborted'), { code: 'ECONNRESET' })
  }
  await expect(saveImages(sending(cut()), { ids: ['web'], path: join(folder, 'web.tar') }, operation)).rejects.toMatchObject({ code: 'data-loss', reason: 'save-cut', message: 'The engine broke off while it sent the image (aborted).' })
  expect(readdirSync(folder)).toEqual([])
  expect(await saveImages(sending([Buffer.from('whole')]), { ids: ['web'], path: join(folder, 'web.tar') }, operation)).toEqual({ bytes: 5 })
  expect(existsSync(join(folder, 'web.tar'))).toBe(true)
})
