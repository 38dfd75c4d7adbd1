import { EngineError } from '#shared/errors.ts'
import { findReference } from '#shared/oci/reference.ts'

/** What registries and engines say when they do not know who asks; Docker says of private and of missing repositories the same. */
const refusal = /unauthorized|authentication required|no basic auth credentials|pull access denied|requested access to the resource is denied|insufficient[_ ]scope|\bdenied:/i
const deniedImage = /pull access denied for ([^\s,]+)/i

export const isRefusal = (message: string): boolean => refusal.test(message)

/** The registry that a sentence about an image blames; Docker's own sentences name the image. */
export const registryBlamed = (message: string): string | undefined => findReference(deniedImage.exec(message)?.[1] ?? '')?.registry

/** The failure with the way out of it, where the registry wanted to know who asks. */
export function withSignIn(error: unknown, registry: string | undefined): unknown {
  if (!(error instanceof EngineError) || (error.code !== 'unauthorized' && !isRefusal(error.message))) return error
  const from = registry ?? registryBlamed(error.message)
  return from === undefined ? error : signInNeeded(error.message, from, error)
}

export const signInNeeded = (message: string, registry: string, { field, cause }: { field?: string | undefined; cause?: unknown } = {}): EngineError =>
  new EngineError('unauthorized', message, { reason: 'sign-in-needed', hint: `Check the name, or sign in to ${registry} as somebody who may.`, field, cause, remedy: { kind: 'sign-in', registry } })
