import { Readable } from 'node:stream'
import type { ImageId } from '#shared/oci/digest.ts'
import type { BuilderContext } from './needs.ts'
import { viewChain } from './view-chain.ts'

/** What is in an image, for those who want the files and not the image. */
export interface ResultFiles {
  /** Undefined: there are none. */
  folder: string | undefined
  /** All of it as a tar archive; read it to its end. */
  archive(): Readable
}

export async function withResult<Result>(context: BuilderContext, image: ImageId, work: (files: ResultFiles) => Promise<Result>): Promise<Result> {
  using lease = context.leases.open('export')
  lease.hold(image)
  const { chain } = await context.images.resolve(image)
  if (chain) lease.hold(chain)
  return await viewChain(context, chain, (folder) => work({ folder, archive: () => (folder === undefined ? Readable.from([Buffer.alloc(1024)]) : context.layers.pack(folder)) }))
}
