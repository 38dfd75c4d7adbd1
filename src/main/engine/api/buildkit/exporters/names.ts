import type { ImageId } from '#shared/oci/digest.ts'
import { formatReference, parseReference, withDefaultTag, type Reference } from '#shared/oci/reference.ts'
import type { Attributes } from '../protocol/messages.ts'

/** `name` lists what the result is to be called. @throws EngineError invalid-argument */
export const namesOf = (attributes: Attributes): Reference[] => (attributes['name'] ?? '').split(',').filter(Boolean).map((name) => withDefaultTag(parseReference(name)))

/** What clients write to --iidfile and --metadata-file. */
export const resultAttributes = (image: ImageId, names: readonly Reference[]): Attributes => ({ 'containerimage.config.digest': image, 'containerimage.digest': image, ...(names.length > 0 && { 'image.name': names.map(formatReference).join(',') }) })
