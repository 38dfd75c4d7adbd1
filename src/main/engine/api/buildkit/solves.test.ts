import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { messages, type SolveRequest } from './protocol/messages.ts'
import { createSolves } from './solves.ts'

const { signal } = new AbortController()
const request = (Ref: string): SolveRequest => messages.solveRequest.decode(messages.solveRequest.encode({ Ref }))

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('a client that asks for the progress of a build that is over hears all of it, for a while', async () => {
  const solves = createSolves()
  {
    using solve = solves.open(request('one'), signal)
    solve.progress.report({ vertexes: [{ name: 'step' }] })
  }
  const progress = await solves.progressOf('one', signal)
  expect(await Array.fromAsync(progress.updates(signal))).toEqual([{ vertexes: [{ name: 'step' }] }])
  const refused = expect(solves.get('one', signal)).rejects.toMatchObject({ code: 'not-found' })
  await vi.advanceTimersByTimeAsync(10_000)
  await refused
  const gone = expect(solves.progressOf('one', signal)).rejects.toMatchObject({ code: 'not-found' })
  await vi.advanceTimersByTimeAsync(5_000)
  await gone
})

test('one of the same name that begins meanwhile is not ended with it', async () => {
  const solves = createSolves()
  solves.open(request('one'), signal)[Symbol.dispose]()
  using second = solves.open(request('one'), signal)
  await vi.advanceTimersByTimeAsync(10_000)
  expect(await solves.progressOf('one', signal)).toBe(second.progress)
})
