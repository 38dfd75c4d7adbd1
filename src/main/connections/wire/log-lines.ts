import type { LogLine } from '#shared/contract/streams.ts'
import type { Chunk } from './stdcopy.ts'

/** Characters of a line after which it is cut: a program may write gigabytes without a line end. */
const longest = 1_000_000

/** Puts chunks together to lines, stream by stream, and takes off the time that the engine put before each (`timestamps=1`). */
export function createLineReader() {
  const open = { stdout: newLine(), stderr: newLine() }
  return {
    /** The lines that this chunk completes. */
    read({ stream, bytes }: Chunk): LogLine[] {
      const line = open[stream]
      const pieces = (line.rest + line.decoder.decode(bytes, { stream: true })).split('\n')
      line.rest = pieces.pop() ?? ''
      if (line.rest.length > longest) {
        pieces.push(line.rest)
        line.rest = ''
      }
      return pieces.map((text) => toLine(stream, text))
    },
    /** What had no line end yet. */
    end: (): LogLine[] => (['stdout', 'stderr'] as const).flatMap((stream) => (open[stream].rest ? [toLine(stream, open[stream].rest)] : [])),
  }
}

const newLine = () => ({ rest: '', decoder: new TextDecoder() })

function toLine(stream: LogLine['stream'], raw: string): LogLine {
  const space = raw.indexOf(' ')
  const text = raw.endsWith('\r') ? raw.slice(space + 1, -1) : raw.slice(space + 1)
  return { at: space > 0 ? raw.slice(0, space) : '', stream, text }
}
