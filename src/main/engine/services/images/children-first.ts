import type { ImageRecord } from './records.ts'

/** Every image after those built on it, so that one pass takes a parent too, once its last child is gone. */
export function childrenFirst(images: readonly ImageRecord[]): ImageRecord[] {
  const left = new Map(images.map((image) => [image.id, image]))
  const parentsFirst = images.flatMap((image) => {
    const line: ImageRecord[] = []
    for (let at: ImageRecord | undefined = image; at && left.delete(at.id); at = at.parent && left.get(at.parent)) line.push(at)
    return line.reverse()
  })
  return parentsFirst.reverse()
}
