import { createApp, effectScope, nextTick, shallowRef } from 'vue'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { SamplesRequest } from '#shared/contract/streams.ts'
import { engineKey } from '../../composables/use-engine.ts'
import type { EngineProxy } from '../../engine/proxy.ts'
import { useSamples } from './use-samples.ts'

const page = Object.assign(new EventTarget(), { visibilityState: 'visible' })
vi.stubGlobal('document', page)
beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A list of containers in sight, and what the engine is asked to measure because of it. */
function list(...first: string[]) {
  const inSight = shallowRef(first)
  const asked: (readonly string[])[] = []
  const ask = ({ ids }: SamplesRequest) => void asked.push(ids)
  const engine = { openStream: (_name: string, request: SamplesRequest) => (ask(request), { send: ask, close: () => void asked.push([]) }) }
  const scope = effectScope()
  const app = createApp({}).provide(engineKey, engine as unknown as EngineProxy)
  app.runWithContext(() => scope.run(() => useSamples(() => inSight.value, 60)))
  async function show(...ids: string[]) {
    inSight.value = ids
    await nextTick()
  }
  return { show, asked, [Symbol.dispose]: () => scope.stop() }
}

test('what stays in sight is measured, however often others come and go beside it', async () => {
  using containers = list('web', 'job0')
  for (let round = 1; round <= 3; round++) {
    vi.advanceTimersByTime(100)
    await containers.show('web', `job${round}`)
  }
  expect(containers.asked).toEqual([['web']])
})

test('what comes is measured once it stayed, and what only comes by, as in scrolling, is not', async () => {
  using containers = list('web')
  vi.advanceTimersByTime(150)
  for (const other of ['first', 'second', 'third', 'db']) {
    await containers.show('web', other)
    vi.advanceTimersByTime(100)
  }
  vi.advanceTimersByTime(300)
  expect(containers.asked).toEqual([['web'], ['web', 'db']])
})

test('nothing is measured while the page is hidden', async () => {
  using containers = list('web')
  vi.advanceTimersByTime(150)
  for (const state of ['hidden', 'visible']) {
    page.visibilityState = state
    page.dispatchEvent(new Event('visibilitychange'))
    vi.advanceTimersByTime(150)
  }
  expect(containers.asked).toEqual([['web'], [], ['web']])
})
