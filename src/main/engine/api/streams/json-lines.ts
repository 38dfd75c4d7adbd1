import type { Exchange } from '../router.ts'
import { errorReply, type ErrorBody } from '../errors.ts'
import { writeTo } from './duplex-peer.ts'

/** A reply of JSON values, one per line, sent as they come. */
export interface JsonLines {
  write(value: unknown): Promise<void>
  /** JSON text that is ready. */
  writeLine(json: string): Promise<void>
  end(): void
}

/** Docker ends the lines of pulls, pushes and builds like this, those of everything else with a line feed alone; there are clients that split at it. */
export const PROGRESS_ENDING = '\r\n'

/** Sends the headers at once, so that the client knows its request was taken. */
export function openJsonLines({ response }: Pick<Exchange, 'response'>, ending = '\n'): JsonLines {
  response.writeHead(200, { 'Content-Type': 'application/json' })
  response.flushHeaders()
  const writeLine = (json: string) => writeTo(response, Buffer.from(json + ending))
  return {
    write: (value) => writeLine(JSON.stringify(value)),
    writeLine,
    end: () => void response.end(),
  }
}

/**
 * Progress of a long request as Docker streams it. Nothing is sent before the first value, so a request that fails at once
 * still gets its status; a later failure becomes the last line.
 */
export async function streamProgress(exchange: Exchange, work: (emit: (value: unknown) => void) => Promise<void>, { statusOnFailure = true } = {}): Promise<undefined> {
  let lines: JsonLines | undefined
  const emit = (value: unknown) => {
    lines ??= openJsonLines(exchange, PROGRESS_ENDING)
    void lines.write(value)
  }
  try {
    await work(emit)
    lines ??= openJsonLines(exchange, PROGRESS_ENDING)
  } catch (error) {
    if (!lines && statusOnFailure) throw error
    lines ??= openJsonLines(exchange, PROGRESS_ENDING)
    const { message } = errorReply(error).body as ErrorBody
    void lines.write({ errorDetail: { message }, error: message })
  }
  lines.end()
  return undefined
}
