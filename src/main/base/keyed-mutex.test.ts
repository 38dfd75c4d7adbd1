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
