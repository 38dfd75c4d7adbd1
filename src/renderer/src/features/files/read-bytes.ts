import type { ReadRequest } from '#shared/contract/files.ts'
import type { EngineProxy } from '../../engine/proxy.ts'
import { EngineError } from '#shared/errors.ts'

interface Reading {
  signal?: AbortSignal
  /** Bytes after which enough is known. */
  most?: number
  onBytes?: (sum: number) => void
}

/** The bytes of a file, or of a folder as an archive. `whole` is false when there were more. */
export function readBytes(engine: EngineProxy, request: ReadRequest, { signal, most = Number.POSITIVE_INFINITY, onBytes }: Reading = {}): Promise<{ parts: Uint8Array<ArrayBuffer>[]; whole: boolean }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ parts: Uint8Array<ArrayBuffer>[]; whole: boolean }>()
  const parts: Uint8Array<ArrayBuffer>[] = []
  let sum = 0
  const stream = engine.openStream('files.read', request, {
    onMessage({ bytes }) {
      parts.push(new Uint8Array(bytes))
      sum += bytes.length
      onBytes?.(sum)
      if (sum <= most) return
      stream.close()
      resolve({ parts, whole: false })
    },
    onEnd: (error) => (error ? reject(error) : resolve({ parts, whole: true })),
  })
  const leave = () => {
    stream.close()
    reject(new EngineError('cancelled', 'Cancelled.'))
  }
  if (signal?.aborted) leave()
  signal?.addEventListener('abort', leave)
  return promise.finally(() => signal?.removeEventListener('abort', leave))
}

export const joined = (parts: readonly Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
