import { createIgnoreMatcher } from './dockerignore.ts'

/** What of a folder is its build context. Paths are relative with `/`. */
export interface ContextSelection {
  holds(path: string): boolean
  /** Whether anything below this folder may be in it. */
  enters(folder: string): boolean
}

/** Names of the ignore files of a Dockerfile, of which the first that is there counts: https://docs.docker.com/build/concepts/context/#filename-and-location */
export const ignoreFilesOf = (dockerfile: string): string[] => [`${dockerfile}.dockerignore`, '.dockerignore']

/** The Dockerfile and its ignore files are in it whatever the rules say, since the engine needs them. */
export function selectContext(ignoreRules: string, dockerfile: string): ContextSelection {
  const matcher = createIgnoreMatcher(ignoreRules)
  const needed = [dockerfile, ...ignoreFilesOf(dockerfile)]
  return {
    holds: (path) => !matcher.ignores(path) || needed.includes(path),
    enters: (folder) => !matcher.prunes(folder) || needed.some((file) => file.startsWith(`${folder}/`)),
  }
}
