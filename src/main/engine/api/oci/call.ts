import type { IncomingMessage, ServerResponse } from 'node:http'
import { EngineError } from '#shared/errors.ts'
import { chunksOf } from '#base/batches.ts'

/** One request to the registry, its path taken apart. */
export interface Call {
  request: IncomingMessage
  response: ServerResponse
  method: string
  /** As in the path: nothing in it is decoded, since none of its characters needs it. */
  name: string
  /** Tag, digest or upload. */
  reference: string
  query: URLSearchParams
  /** Aborted when the client goes away. */
  signal: AbortSignal
}

/** Answers by writing to the response. */
export type Answer = (call: Call) => Promise<void> | void

export function reply({ response, method }: Pick<Call, 'response' | 'method'>, status: number, headers: Record<string, string> = {}, body?: Uint8Array | string): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  if (status !== 204) response.setHeader('Content-Length', body === undefined ? (response.getHeader('Content-Length') ?? 0) : Buffer.byteLength(body))
  response.writeHead(status)
  response.end(method === 'HEAD' ? undefined : body)
}

export const replyJson = (call: Pick<Call, 'response' | 'method'>, value: unknown, headers: Record<string, string> = {}, status = 200): void => reply(call, status, { 'Content-Type': 'application/json', ...headers }, JSON.stringify(value))

/** The whole body. @throws resource-exhausted (manifest-too-large) */
export async function bodyOf({ request }: Call, limit: number): Promise<Buffer> {
  const tooLarge = () => new EngineError('resource-exhausted', `a manifest has at most ${limit} bytes`, { reason: 'manifest-too-large' })
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge()
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of bodyChunks(request)) {
    size += chunk.length
    if (size > limit) throw tooLarge()
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks, size)
}

/** The body as it comes; one that was cut is said to be so. */
export async function* bodyChunks(request: IncomingMessage): AsyncGenerator<Uint8Array> {
  try {
    yield* chunksOf(request)
  } catch (cause) {
    throw new EngineError('cancelled', 'the request body was cut off', { reason: 'cut', cause })
  }
}

/** What comes after `last`, at most `n`; and how to go on (RFC 5988). @throws invalid-argument */
export function pageOf(call: Call, path: string, all: readonly string[]): { items: string[]; headers: Record<string, string> } {
  const [n, last] = [call.query.get('n'), call.query.get('last')]
  if (n !== null && !/^\d{1,9}$/.test(n)) throw new EngineError('invalid-argument', 'n is not a number', { reason: 'invalid-page' })
  const rest = last === null ? all : all.filter((one) => one > last)
  const items = n === null ? [...rest] : rest.slice(0, Number(n))
  if (items.length === rest.length || items.length === 0) return { items, headers: {} }
  return { items, headers: { Link: `<${path}?n=${n}&last=${encodeURIComponent(items.at(-1)!)}>; rel="next"` } }
}
