import { EngineError } from '#shared/errors.ts'
import { formatReference } from '#shared/oci/reference.ts'
import type { Attributes } from '../protocol/messages.ts'
import { sendStream } from '../session/send-files.ts'
import type { Export } from './exporters.ts'
import { namesOf, resultAttributes } from './names.ts'

/** The image as an archive that both kinds of readers take: an OCI layout with a manifest.json. It gets its names there, and none here. */
export async function exportArchive({ needs, sessions, solve, image, type, attributes, place }: Export): Promise<Attributes> {
  if (attributes['tar'] === 'false') throw new EngineError('not-implemented', `the exporter ${JSON.stringify(type)} gives an archive, not a folder, in this engine`, { hint: 'Leave out tar=false, and unpack it.' })
  const names = namesOf(attributes)
  const session = await sessions.get(solve.request.Session, solve.signal)
  await solve.progress.during(`exporting to ${type} image format`, async ({ status }) => {
    const stream = await needs.images.save([image], { as: names.map(formatReference), signal: solve.signal })
    status(`exporting config ${image}`, undefined, true)
    status('sending tarball', { current: await sendStream(session, { stream, place }, (current) => status('sending tarball', { current })) }, true)
  })
  return resultAttributes(image, names)
}
