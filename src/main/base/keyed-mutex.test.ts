import { expect, test } from 'vitest'
import { KeyedMutex } from './keyed-mutex.ts'

test('same key in order, different keys side by side, a failure does not block the next', async () => {
  const mutex = new KeyedMutex()
  const seen: string[] = []
  const gate = Promise.withResolvers<void>()
  const first = mutex.run('a', async () => {
    await gate.promise
    seen.push('a1')
    throw new Error('lost')
  })
  const second = mutex.run('a', () => void seen.push('a2'))
  await mutex.run('b', () => void seen.push('b'))
  gate.resolve()
  await expect(first).rejects.toThrow('lost')
  await second
  expect(seen).toEqual(['b', 'a1', 'a2'])
})

test('who waits can leave at once, and its work is not done; work that has begun is waited for', async () => {
  const mutex = new KeyedMutex()
  const seen: string[] = []
  const gate = Promise.withResolvers<void>()
  const [leaving, late] = [new AbortController(), new AbortController()]
  const first = mutex.run('a', async () => {
    late.abort(new Error('too late'))
    await gate.promise
    return 'done'
  }, late.signal)
  const waiting = mutex.run('a', () => void seen.push('left'), leaving.signal)
  const last = mutex.run('a', () => void seen.push('last'))
  leaving.abort(new Error('gone'))
  await expect(waiting).rejects.toThrow('gone')
  expect(mutex.isHeld('a')).toBe(true)
  gate.resolve()
  expect(await first).toBe('done')
  await last
  expect([seen, mutex.isHeld('a')]).toEqual([['last'], false])
  await expect(mutex.run('a', () => {}, leaving.signal)).rejects.toThrow('gone')
  expect(mutex.isHeld('a')).toBe(false)
})
