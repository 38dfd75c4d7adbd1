import type { ImageSummary } from '#shared/contract/images.ts'

/** `nginx` means `nginx:latest`; docker.io and library are understood, as the docker client shows names without them. */
export function familiarName(reference: string): string {
  const name = reference.trim().replace(/^(index\.)?docker\.io\//, '').replace(/^library\//, '')
  const last = name.slice(name.lastIndexOf('/') + 1)
  return name === '' || last.includes(':') || last.includes('@') ? name : `${name}:latest`
}

/** The image on this engine that a reference names, by tag, digest or id. */
export function findLocal(images: readonly ImageSummary[], reference: string): ImageSummary | undefined {
  const name = familiarName(reference)
  if (name === '') return undefined
  const id = reference.trim()
  return images.find(({ tags, digests, id: imageId }) => tags.some((tag) => familiarName(tag) === name) || digests.includes(name) || imageId === id || (/^[0-9a-f]{12,64}$/.test(id) && imageId.startsWith(`sha256:${id}`)))
}

/** What to call an image in a list: its first tag, or its short id. */
export const imageName = ({ tags, id }: ImageSummary): string => tags[0] ?? id.replace(/^sha256:/, '').slice(0, 12)
