import { expect, test, vi } from 'vitest'
import type { Release, UpdateState } from '#shared/contract/updates.ts'
import { EngineError } from '#shared/errors.ts'
import { createUpdates, type ReleaseChannel, type UpdatesOptions } from './updates.ts'

const release: Release = { version: '0.2.0', notes: 'New things', bytes: 100 }

/** A channel whose answers a test gives. */
function fakeChannel(more: Partial<ReleaseChannel> = {}) {
  const deeds: string[] = []
  const channel: ReleaseChannel = { find: async () => release, download: async () => void deeds.push('download'), install: () => void deeds.push('install'), ...more }
  return { channel, deeds }
}
function open(channel: ReleaseChannel | undefined, more: Partial<UpdatesOptions> = {}) {
  const seen: UpdateState['status'][] = []
  const updates = createUpdates({ channel, by: 'packages', letGo: async () => {}, isWanted: () => false, onWanted: () => () => {}, ...more })
  updates.onState(({ status }) => seen.push(status))
  return { updates, seen }
}

test('found, downloaded when asked for, installed when asked for, after the app has let go', async () => {
  const { channel, deeds } = fakeChannel({
    async download({ tell }) {
      tell(50, 100)
      deeds.push('download')
    },
  })
  const { updates, seen } = open(channel, { letGo: async () => void deeds.push('let go') })
  expect(await updates.check()).toEqual({ status: 'available', release })
  expect(deeds).toEqual([])
  await expect(updates.install()).rejects.toMatchObject({ reason: 'no-update-ready' })
  expect(await updates.download()).toEqual({ status: 'ready', release })
  expect(await updates.check()).toEqual({ status: 'ready', release })
  await updates.install()
  expect(deeds).toEqual(['download', 'let go', 'install'])
  expect(seen).toEqual(['checking', 'available', 'downloading', 'downloading', 'ready'])
})

test('nothing newer, and a feed that is not there', async () => {
  const { channel } = fakeChannel({ find: async () => undefined })
  const { updates } = open(channel)
  expect(await updates.check()).toMatchObject({ status: 'current', checked: expect.any(Number) })
  const { updates: failing } = open(fakeChannel({ find: () => Promise.reject(new Error('ECONNREFUSED 127.0.0.1:1\nat somewhere')) }).channel)
  expect(await failing.check()).toMatchObject({ status: 'failed', error: { code: 'unavailable', reason: 'update-feed', message: 'The release feed could not be used (ECONNREFUSED 127.0.0.1:1).' } })
})

test('a download that is cancelled can be begun again; one that fails says why and can too', async () => {
  let fail: ((error: Error) => void) | undefined
  const { channel } = fakeChannel({
    download: ({ signal }) =>
      new Promise((_, reject) => {
        fail = reject
        signal.addEventListener('abort', () => reject(new Error('cancelled')))
      }),
  })
  const { updates } = open(channel)
  await updates.check()
  const first = updates.download()
  updates.cancel()
  expect(await first).toEqual({ status: 'available', release })
  const second = updates.download()
  fail!(Object.assign(new Error('sha512 checksum mismatch'), { code: 'ERR_CHECKSUM_MISMATCH' }))
  expect(await second).toMatchObject({ status: 'failed', release, error: { code: 'data-loss', reason: 'update-damaged' } })
  const third = updates.download()
  fail!(new EngineError('unavailable', 'gone'))
  expect(await third).toMatchObject({ status: 'failed', release, error: { message: 'gone' } })
})

test('the feed is asked by itself only where that is wanted, and a failure then is no news', async () => {
  vi.useFakeTimers()
  try {
    let wanted = false
    let changed = () => {}
    const find = vi.fn<ReleaseChannel['find']>(() => Promise.reject(new Error('no network')))
    const { updates } = open(fakeChannel({ find }).channel, { isWanted: () => wanted, onWanted: (listener) => ((changed = listener), () => {}), pace: [10, 1000] })
    await vi.advanceTimersByTimeAsync(5000)
    expect(find).not.toHaveBeenCalled()
    wanted = true
    changed()
    await vi.advanceTimersByTimeAsync(10)
    expect([find.mock.calls.length, updates.state().status]).toEqual([1, 'current'])
    find.mockResolvedValue(release)
    await vi.advanceTimersByTimeAsync(1000)
    expect([find.mock.calls.length, updates.state()]).toEqual([2, { status: 'available', release }])
    wanted = false
    changed()
    await vi.advanceTimersByTimeAsync(5000)
    expect(find).toHaveBeenCalledTimes(2)
    updates[Symbol.dispose]()
  } finally {
    vi.useRealTimers()
  }
})

test('where the app does not update itself, it says who does', async () => {
  const { updates } = open(undefined)
  expect([updates.state(), await updates.check(), await updates.download()]).toEqual(Array(3).fill({ status: 'elsewhere', by: 'packages' }))
})
