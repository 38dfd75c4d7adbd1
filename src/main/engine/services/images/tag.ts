import { EngineError } from '#shared/errors.ts'
import { DEFAULT_REGISTRY, familiarName, formatReference, parseReference, withDefaultTag } from '#shared/oci/reference.ts'
import { putName } from './register.ts'
import type { Service } from './service.ts'
import { publishImageEvent } from './tag-events.ts'

/** Gives an image one more name; a name that stood for another image is moved. @throws not-found, invalid-argument */
export async function tagImage(service: Service, source: string, target: string): Promise<void> {
  const { records, events } = service
  const reference = withDefaultTag(parseReference(target))
  if (reference.digest !== undefined) throw new EngineError('invalid-argument', 'refusing to create a tag with a digest reference', { reason: 'digest-tag' })
  if (reference.registry === DEFAULT_REGISTRY && reference.repository === 'library/sha256') throw new EngineError('invalid-argument', 'refusing to create an ambiguous tag using digest algorithm as name', { reason: 'digest-tag' })
  const image = records.get(source)
  records.transaction(() => {
    putName(records, { name: formatReference(reference), image: image.id })
    records.images.put(image.id, { ...image, lastTagTime: new Date().toISOString() })
  })
  publishImageEvent(events, 'tag', image.id, image, familiarName(reference))
}
