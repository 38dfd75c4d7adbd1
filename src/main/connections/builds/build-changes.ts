import type { BuildChanges, BuildRequest, BuildSummary } from '#shared/contract/builds.ts'

/** What of a build is compared with the one before. */
export interface Compared extends Pick<BuildSummary, 'id' | 'startedAt' | 'request'> {
  dockerfileText: string
  bases: { name: string; image: string }[]
}

/** Builds of the same file of the same folder are of one line. */
export const isSameLine = (one: BuildRequest, other: BuildRequest): boolean => one.folder === other.folder && (one.dockerfile ?? 'Dockerfile') === (other.dockerfile ?? 'Dockerfile')

export function compareBuilds(before: Compared, after: Compared): BuildChanges {
  const args = differences(before.request.args ?? {}, after.request.args ?? {})
  const bases = differences(imagesOf(before), imagesOf(after))
  const { target: was } = before.request
  const { target: is } = after.request
  return {
    since: before.id,
    at: before.startedAt,
    ...(before.dockerfileText !== after.dockerfileText && { dockerfile: { before: before.dockerfileText, after: after.dockerfileText } }),
    ...(args.length > 0 && { args }),
    ...(bases.length > 0 && { bases }),
    ...(was !== is && { target: { ...(was !== undefined && { before: was }), ...(is !== undefined && { after: is }) } }),
  }
}

/** A build that ended before a base was known says nothing of it. */
const imagesOf = ({ bases }: Compared) => Object.fromEntries(bases.map(({ name, image }) => [name, image]))

function differences(before: Record<string, string>, after: Record<string, string>): { name: string; before?: string; after?: string }[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return names.filter((name) => before[name] !== after[name]).map((name) => ({ name, ...(before[name] !== undefined && { before: before[name] }), ...(after[name] !== undefined && { after: after[name] }) }))
}
