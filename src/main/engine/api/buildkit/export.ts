import { familiarName, formatReference, parseReference, withDefaultTag } from '#shared/oci/reference.ts'
import { EngineError } from '#shared/errors.ts'
import type { ImageId } from '#shared/oci/digest.ts'
import type { BuildkitNeeds } from './needs.ts'
import type { Attributes, Exporter, SolveRequest } from './protocol/messages.ts'
import type { Solve } from './solves.ts'

/** What the client asked to have done with the result. Older clients name one exporter. */
export const exportersOf = (request: SolveRequest): Exporter[] =>
  request.Exporters.length > 0 ? request.Exporters : request.ExporterDeprecated ? [{ Type: request.ExporterDeprecated, Attrs: request.ExporterAttrsDeprecated }] : []

/** Does it, and says what came of it: the client writes this to --iidfile and --metadata-file. */
export async function exportResult(needs: BuildkitNeeds, solve: Solve, image: ImageId | undefined): Promise<Attributes> {
  let answer: Attributes = {}
  for (const exporter of exportersOf(solve.request)) {
    if (image === undefined) throw new EngineError('failed-precondition', 'there is no result to export')
    answer = { ...answer, ...(await exportAs(needs, solve, image, exporter)) }
  }
  return answer
}

function exportAs(needs: BuildkitNeeds, solve: Solve, image: ImageId, { Type, Attrs }: Exporter): Promise<Attributes> {
  if (Type === 'moby' || Type === 'image') return exportImage(needs, solve, image, Attrs)
  throw new EngineError('not-implemented', `the exporter ${JSON.stringify(Type)} is not supported by this engine`, { hint: 'Leave out --output, or use type=image.' })
}

function exportImage(needs: BuildkitNeeds, { progress }: Solve, image: ImageId, attributes: Attributes): Promise<Attributes> {
  const names = (attributes['name'] ?? '').split(',').filter(Boolean).map((name) => withDefaultTag(parseReference(name)))
  return progress.during('exporting to image', async ({ status }) => {
    status('exporting layers', undefined, true)
    status(`writing image ${image}`, undefined, true)
    for (const name of names) {
      await needs.images.tag(image, familiarName(name))
      status(`naming to ${formatReference(name)}`, undefined, true)
    }
    return { 'containerimage.config.digest': image, 'containerimage.digest': image, ...(names.length > 0 && { 'image.name': names.map(formatReference).join(',') }) }
  })
}
