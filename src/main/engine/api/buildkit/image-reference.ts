import { createHash } from 'node:crypto'
import type { ImageId } from '#shared/oci/digest.ts'
import { messages, type Definition } from './protocol/messages.ts'

/**
 * A result as a client may hand it to its next build, which is how a target of a bake builds on another: as LLB of one operation, a source whose name only this engine knows. The last
 * operation says which one is meant; a client checks that there are notes (`metadata`) on each.
 */
const PREFIX = 'slipway-image://'

export function definitionOfImage(image: ImageId): Definition {
  const source = messages.operation.encode({ source: { identifier: PREFIX + image } })
  const end = messages.operation.encode({ inputs: [{ digest: digestOf(source), index: 0 }] })
  return { def: [source, end], metadata: Object.fromEntries([source, end].map((operation) => [digestOf(operation), {}])) }
}

/** Undefined: it is LLB of somebody else's. */
export function imageOfDefinition({ def }: Definition): ImageId | undefined {
  const names = def.flatMap((bytes) => messages.operation.decode(bytes).source?.identifier ?? [])
  const [name] = names
  return names.length === 1 && name?.startsWith(PREFIX) ? (name.slice(PREFIX.length) as ImageId) : undefined
}

const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
