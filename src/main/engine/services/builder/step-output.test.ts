import { expect, test } from 'vitest'
import type { BuildMessage } from './builder.ts'
import { createStepOutput } from './step-output.ts'

test('the first unfinished stage speaks at once, later ones in their turn', () => {
  const seen: string[] = []
  const output = createStepOutput(3, (message: BuildMessage) => void seen.push('stream' in message ? message.stream : ''))
  const say = (channel: number, stream: string) => output.channel(channel)({ stream })
  say(2, 'c1')
  say(0, 'a1')
  say(1, 'b1')
  output.finish(1)
  say(0, 'a2')
  expect(seen).toEqual(['a1', 'a2'])
  output.finish(0)
  expect(seen).toEqual(['a1', 'a2', 'b1', 'c1'])
  say(2, 'c2')
  expect(seen.at(-1)).toBe('c2')
})
