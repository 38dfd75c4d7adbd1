import type { Readable } from 'node:stream'
import { fromWire } from './error.ts'

/** The values of a stream of JSON separated by line ends, as /events, pull and stats send them. */
export async function* jsonLines<Value>(stream: Readable): AsyncGenerator<Value> {
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) if (line.trim()) yield JSON.parse(line) as Value
    }
  } catch (error) {
    throw fromWire(error)
  }
  if (rest.trim()) yield JSON.parse(rest) as Value
}
