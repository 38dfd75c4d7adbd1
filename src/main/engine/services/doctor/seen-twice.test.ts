import { expect, test } from 'vitest'
import type { Found } from './report.ts'
import { lookAtEach } from './seen-twice.ts'

const found = (subject: string, repair?: () => Promise<void>): Found => ({ kind: 'layer', reason: 'r', subject, what: 'w', advice: 'a', ...(repair && { repair }) })

/** What each of the looks at a thing finds, in turn. */
function looking(looks: Record<string, Found[][]>) {
  const looked: string[] = []
  const look = (key: string) => {
    looked.push(key)
    return looks[key]!.shift() ?? []
  }
  return { looked, look }
}

test('with an engine at work only what is found again counts, with the repair of the later look; the rest is not looked at again', async () => {
  const [early, late] = [async () => {}, async () => {}]
  const { looked, look } = looking({ whole: [[]], passing: [[found('passing')], []], lasting: [[found('lasting', early)], [found('lasting', late)]], other: [[found('one')], [found('two')]] })
  const told = await Array.fromAsync(lookAtEach({ running: true }, ['whole', 'passing', 'lasting', 'other'], look))
  expect(told).toEqual([found('lasting', late)])
  expect(told[0]!.repair).toBe(late)
  expect(looked).toEqual(['whole', 'passing', 'lasting', 'other', 'passing', 'lasting', 'other'])
})

test('without one each is told at once', async () => {
  const { looked, look } = looking({ a: [[found('a')]], b: [[found('b')]] })
  const told = lookAtEach({ running: false }, ['a', 'b'], look)
  expect((await told.next()).value).toEqual(found('a'))
  expect(looked).toEqual(['a'])
})
