import { EngineError } from '../errors.ts'

declare const brand: unique symbol
type Branded<Name extends string> = string & { readonly [brand]: Name }

/** Digest of bytes as stored, `sha256:<64 hex>`. Only ever made by {@link parseDigest}, so it is safe as a path. */
export type Digest = Branded<'Digest'>
/** Digest of an uncompressed layer. */
export type DiffId = Branded<'Digest'> & { readonly diffId?: true }
/** Digest of a chain of layers up to and including one, OCI image-spec config.md#layer-chainid. */
export type ChainId = Branded<'Digest'> & { readonly chainId?: true }
/** Digest of the image config: the classic Docker image ID. */
export type ImageId = Branded<'Digest'> & { readonly imageId?: true }

const SHA256 = /^sha256:[0-9a-f]{64}$/

export const isDigest = (text: string): text is Digest => SHA256.test(text)

/** @throws EngineError invalid-argument. Only sha256 is accepted: it is what every registry serves, and a digest becomes a file name. */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text
  throw new EngineError('invalid-argument', `invalid digest ${JSON.stringify(text.slice(0, 100))}`, { reason: 'invalid-digest', hint: 'A digest is "sha256:" followed by 64 hexadecimal digits.' })
}

/** The hexadecimal part. */
export const hexOf = (digest: Digest): string => digest.slice('sha256:'.length)
/** The first 12 hexadecimal digits, as shown to people. */
export const shortId = (id: string): string => id.replace(/^sha256:/, '').slice(0, 12)
