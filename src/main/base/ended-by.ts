import type { Readable } from 'node:stream'

/**
 * As addAbortSignal(), with the signal's own reason. Whoever reads the stream hears of it, since a stream keeps what ended it; before anybody reads
 * nobody has to, where an error without a listener ends the process.
 */
export function endedBy<Stream extends Readable>(signal: AbortSignal, stream: Stream): Stream {
  const end = () => stream.destroy(signal.reason as Error)
  stream.on('error', () => {}).once('close', () => signal.removeEventListener('abort', end))
  if (signal.aborted) end()
  else signal.addEventListener('abort', end, { once: true })
  return stream
}
