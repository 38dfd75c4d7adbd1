import { EngineError } from '#shared/errors.ts'
import type { ImageId } from '#shared/oci/digest.ts'
import type { BuildkitNeeds } from '../needs.ts'
import type { Attributes, Exporter, SolveRequest } from '../protocol/messages.ts'
import type { Sessions } from '../session/sessions.ts'
import type { Solve } from '../solves.ts'
import { exportArchive } from './archive.ts'
import { exportFiles } from './files.ts'
import { exportImage } from './image.ts'

/** What one exporter works with. */
export interface Export {
  needs: BuildkitNeeds
  sessions: Sessions
  solve: Solve
  image: ImageId
  type: string
  attributes: Attributes
  /** Where the client keeps what belongs to this exporter, when it named several. */
  place: number
}

/** What the client asked to have done with the result. Older clients name one exporter. */
export const exportersOf = (request: SolveRequest): Exporter[] =>
  request.Exporters.length > 0 ? request.Exporters : request.ExporterDeprecated ? [{ Type: request.ExporterDeprecated, Attrs: request.ExporterAttrsDeprecated }] : []

/** Does it, and says what came of it: the client writes this to --iidfile and --metadata-file. */
export async function exportResult(needs: BuildkitNeeds, sessions: Sessions, solve: Solve, image: ImageId | undefined): Promise<Attributes> {
  let answer: Attributes = {}
  // Such as a build that only asked what its Dockerfile takes.
  if (image === undefined && solve.results.size === 0) return answer
  for (const [place, { Type, Attrs }] of exportersOf(solve.request).entries()) {
    if (image === undefined) throw new EngineError('failed-precondition', 'there is no result to export')
    answer = { ...answer, ...(await exportAs({ needs, sessions, solve, image, type: Type, attributes: Attrs, place })) }
  }
  return answer
}

function exportAs(task: Export): Promise<Attributes> {
  if (task.type === 'moby' || task.type === 'image') return exportImage(task)
  if (task.type === 'local' || task.type === 'tar') return exportFiles(task)
  if (task.type === 'oci' || task.type === 'docker') return exportArchive(task)
  throw new EngineError('not-implemented', `the exporter ${JSON.stringify(task.type)} is not supported by this engine`, { hint: 'It knows image, local, tar, oci and docker.' })
}
