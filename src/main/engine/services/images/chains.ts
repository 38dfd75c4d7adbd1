import { createHash } from 'node:crypto'
import type { ChainId, DiffId } from '#shared/oci/digest.ts'

/** Chain ID on top of another (OCI image-spec config.md#layer-chainid). */
export const chainOn = (parent: ChainId | undefined, diffId: DiffId): ChainId =>
  (parent === undefined ? diffId : `sha256:${createHash('sha256').update(`${parent} ${diffId}`).digest('hex')}`) as ChainId

/** Chain ID of each layer, from the bottom. */
export function chainsOf(diffIds: readonly DiffId[]): ChainId[] {
  const chains: ChainId[] = []
  for (const diffId of diffIds) chains.push(chainOn(chains.at(-1), diffId))
  return chains
}
