import { posix } from 'node:path'
import { expandWord, parseDockerfile, type Instruction } from '../../../core/dockerfile/dockerfile.ts'
import { isGitUrl } from '../git-source.ts'
import type { BuilderContext } from '../needs.ts'
import { planBuild } from '../plan.ts'

export interface ContextPathsRequest {
  text: string
  target?: string
  buildArgs: Readonly<Record<string, string | null>>
}

/**
 * What a build reads of its context: paths, the last part of which may have wildcards; none where it reads nothing. Undefined where that cannot be told before the build (variables, triggers of a base image),
 * and everything has to be there.
 */
export async function contextPaths({ images }: Pick<BuilderContext, 'images'>, { text, target, buildArgs }: ContextPathsRequest): Promise<string[] | undefined> {
  const read = tried(() => {
    const file = parseDockerfile(text)
    const { stages } = planBuild(file, { buildArgs, platformArgs: {}, ...(target && { target }) })
    const words = stages.flatMap(({ stage }) => stage.instructions.flatMap((instruction) => wordsOf(instruction) ?? [undefined]))
    return { stages, paths: words.map((word) => (word === undefined || word.includes('$') ? undefined : followable(expandWord(word, () => undefined, file.escape)))) }
  })
  if (!read?.paths.every((path) => path !== undefined)) return undefined
  for (const { base } of read.stages) {
    const image = base.kind === 'image' ? await images.find(base.name) : undefined
    if (base.kind === 'image' && (!image || image.config.config?.OnBuild?.length)) return undefined
  }
  return [...new Set(read.paths)].toSorted()
}

/** What is wrong with a file, its build says. */
function tried<Result>(work: () => Result): Result | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}

/** What an instruction reads of the context, as written; undefined where only the build will tell. */
function wordsOf(instruction: Instruction): string[] | undefined {
  switch (instruction.kind) {
    case 'COPY':
      return instruction.flags.from === undefined ? [...instruction.sources] : []
    case 'ADD':
      return instruction.sources.filter((source) => !/^https?:\/\//i.test(source) && !isGitUrl(source))
    case 'RUN':
      return instruction.mounts.flatMap(({ type, options }) => (type === 'bind' && options.from === undefined ? [options.source ?? '/'] : []))
    case 'ONBUILD':
      return undefined
    default:
      return []
  }
}

/** A client takes these as patterns: a path that could be read as another one is left to it whole. */
function followable(source: string): string | undefined {
  const path = posix.normalize(`/${source}`).slice(1).replace(/\/$/, '')
  return path === '' || /[[\]\\!]|[*?].*\//.test(path) || path.includes('**') ? undefined : path
}
