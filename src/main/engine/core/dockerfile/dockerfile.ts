/**
 * Dockerfiles: text → logical lines → typed instructions grouped in stages.
 *
 * Three passes with types of their own, so that a position survives to the last error message:
 * 1. `lines.ts` finds **logical lines**: directives read, comments dropped, continuations joined, here-documents collected.
 * 2. `instructions/` turns each into one typed **instruction**; nothing is expanded yet, but flags and forms (shell or exec) are checked.
 * 3. `stages.ts` groups them: the ARGs before the first FROM, then one **stage** per FROM.
 *
 * Variables are expanded later, by whoever evaluates the file and knows their values: `words.ts`.
 * Reference: https://docs.docker.com/reference/dockerfile/
 */
export { parseDockerfile, parseTrigger } from './stages.ts'
export { expandWord, type Variables } from './words.ts'
export { configure, DEFAULT_SHELL, environmentOf } from './configure.ts'
export { createIgnoreMatcher, type IgnoreMatcher } from '#shared/dockerfile/dockerignore.ts'
export { DockerfileError, StepError, type Located } from './dockerfile-error.ts'
export type * from './instruction.ts'
