import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { endedBy } from './ended-by.ts'

const gone = new Error('gone')

test('a stream that was ended before anybody read it tells its reader why, and nobody else', async () => {
  const stream = endedBy(AbortSignal.abort(gone), Readable.from(['x']))
  await new Promise((resolve) => stream.once('close', resolve))
  await expect(buffer(stream)).rejects.toBe(gone)
})

test('one that is ended while it is read', async () => {
  const leaving = new AbortController()
  const reading = buffer(endedBy(leaving.signal, new Readable({ read() {} })))
  leaving.abort(gone)
  await expect(reading).rejects.toBe(gone)
})

test('one that is read to its end is done with the signal', async () => {
  const leaving = new AbortController()
  const stream = endedBy(leaving.signal, Readable.from([Buffer.from('all')]))
  expect(String(await buffer(stream))).toBe('all')
  leaving.abort(gone)
  expect(stream.errored).toBe(null)
})
