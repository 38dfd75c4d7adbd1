import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, test } from 'vitest'
import { useLastChange } from './last-change.ts'

beforeEach(() => setActivePinia(createPinia()))

/** A change as it is made: followed until the engine answers, then remembered. */
function change(label: string, undone: string[]) {
  const answer = Promise.withResolvers<void>()
  const changes = useLastChange()
  const made = (async () => {
    await changes.follow(answer.promise)
    changes.remember({ label, undo: async () => void undone.push(label) })
  })()
  made.catch(() => {})
  return answer
}

test('what is taken back is the change under way, not the one before', async () => {
  const undone: string[] = []
  change('first', undone).resolve()
  await expect.poll(() => useLastChange().label).toBe('first')
  const second = change('second', undone)
  const taken = useLastChange().undo()
  second.resolve()
  expect(await taken).toEqual({ label: 'second' })
  expect(undone).toEqual(['second'])
  expect(await useLastChange().undo()).toBeUndefined()
})

test('nothing is taken back for a change that failed meanwhile', async () => {
  const undone: string[] = []
  change('first', undone).resolve()
  await expect.poll(() => useLastChange().label).toBe('first')
  const second = change('second', undone)
  const taken = useLastChange().undo()
  second.reject(new Error('refused'))
  expect(await taken).toBeUndefined()
  expect(undone).toEqual([])
  expect(await useLastChange().undo()).toEqual({ label: 'first' })
})

test('what keeps it from being taken back is told, and it is not offered again', async () => {
  const error = new Error('gone')
  useLastChange().remember({ label: 'it', undo: () => Promise.reject(error) })
  expect(await useLastChange().undo()).toEqual({ label: 'it', error })
  expect(useLastChange().label).toBeUndefined()
})
