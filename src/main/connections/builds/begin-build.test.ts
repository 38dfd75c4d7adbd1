import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { IncomingMessage } from 'node:http'
import { EngineError, type ErrorCode } from '#shared/errors.ts'
import type { ApiRequest } from '../engine-api.ts'
import { beginBuild, type BuildingEngine } from './begin-build.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-begin-'))
  await writeFile(join(folder, 'Dockerfile'), 'FROM scratch')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** An engine that answers some paths; what it was asked for. */
function engine(refusals: Record<string, EngineError> = {}, ours = true) {
  const asked: { path: string; request: ApiRequest; sent: boolean }[] = []
  const api = {
    async stream(_method: string, path: string, request: ApiRequest = {}) {
      asked.push({ path, request, sent: request.source !== undefined })
      if (refusals[path]) throw refusals[path]
      if (request.source) await text(request.source as PassThrough)
      return new PassThrough().end() as unknown as IncomingMessage
    },
  }
  return { asked, engine: { api, hostFacts: ours ? {} : undefined } as unknown as BuildingEngine }
}
const begin = async (of: BuildingEngine) => {
  using begun = await beginBuild(of, { folder, tags: ['x'] }, new AbortController().signal)
  return begun.counts({ aux: { Context: { Files: 7, Bytes: 70 } } })
}
const refusal = (code: ErrorCode, reason: string) => new EngineError(code, 'no', { reason })

test('an engine of ours is told which folder it is and gets nothing sent', async () => {
  const { engine: ours, asked } = engine()
  expect(await begin(ours)).toEqual({ files: 7, bytes: 70 })
  expect(asked).toMatchObject([{ path: '/slipway/build', sent: false, request: { query: { folder, t: ['x'], inode: expect.stringMatching(/^\d+$/) } } }])
})

test.each([['other-folder', 'not-found'], ['no-route', 'not-found'], ['context-unreadable', 'failed-precondition']] as const)('one that answers %s is sent the folder', async (reason, code) => {
  const { engine: elsewhere, asked } = engine({ '/slipway/build': refusal(code, reason) })
  expect(await begin(elsewhere)).toEqual({ files: 1, bytes: 12 })
  expect(asked.map(({ path, sent }) => [path, sent])).toEqual([['/slipway/build', false], ['/build', true]])
})

test('any other refusal is the build\'s, and an engine that is not ours is not asked', async () => {
  const { engine: refusing } = engine({ '/slipway/build': refusal('not-found', 'no-dockerfile') })
  await expect(begin(refusing)).rejects.toMatchObject({ reason: 'no-dockerfile' })
  const { engine: docker, asked } = engine({}, false)
  await begin(docker)
  expect(asked.map(({ path }) => path)).toEqual(['/build'])
})
