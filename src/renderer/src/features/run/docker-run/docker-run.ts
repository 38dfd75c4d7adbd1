import type { HealthCheck } from '#shared/contract/container-settings.ts'
import type { RunRequest } from '#shared/contract/containers.ts'
import { findFlag, type Flag, type Draft } from './flags.ts'
import { splitWords } from '../words.ts'

/** What a pasted command line means: a request, and what of it a form has no place for; or why it is not understood. */
export type ParsedRun = { status: 'parsed'; request: RunRequest; leftOut: string[] } | { status: 'refused'; problem: RunProblem }
export type RunProblem = { kind: 'not-a-run' } | { kind: 'unknown-flag'; flag: string } | { kind: 'value-missing'; flag: string } | { kind: 'bad-value'; flag: string; value: string } | { kind: 'no-image' }

class Refused extends Error {
  readonly problem: RunProblem
  constructor(problem: RunProblem) {
    super(problem.kind)
    this.problem = problem
  }
}

/** Looks like the beginning of one: for a paste that is to be taken for more than a name of an image. */
export const looksLikeRun = (text: string): boolean => /^\s*(?:[$#]\s+)?(?:sudo\s+)?(?:docker|podman|nerdctl)\s+(?:container\s+)?(?:run|create)\b/.test(text)

/**
 * Understands `docker run` as the docker client does (https://docs.docker.com/reference/cli/docker/container/run/): flags before the image, long and
 * short, joined (`-itd`, `-p80:80`, `--name=web`) or apart. Nothing is expanded: what a shell would have filled in stands as it was written.
 */
export function parseDockerRun(text: string): ParsedRun {
  try {
    const words = splitWords(text.trim().replace(/[\\`^]\s*\r?\n/g, ' '))
    return parse(afterRun(words))
  } catch (error) {
    if (error instanceof Refused) return { status: 'refused', problem: error.problem }
    throw error
  }
}

function afterRun(words: readonly string[]): string[] {
  const rest = [...words]
  while (rest[0] === '$' || rest[0] === '#' || rest[0] === 'sudo') rest.shift()
  if (!/^(?:.*\/)?(?:docker|podman|nerdctl)$/.test(rest.shift() ?? '')) throw new Refused({ kind: 'not-a-run' })
  if (rest[0] === 'container') rest.shift()
  const verb = rest.shift() ?? ''
  if (verb.startsWith('-')) throw new Refused({ kind: 'unknown-flag', flag: `${verb} before “run”` })
  if (verb !== 'run' && verb !== 'create') throw new Refused({ kind: 'not-a-run' })
  return rest
}

function parse(words: string[]): ParsedRun {
  const draft: Draft = { request: { image: '' }, leftOut: [], health: {}, join: {} }
  while (words.length > 0) {
    const word = words.shift() ?? ''
    if (word === '--') break
    if (!word.startsWith('-') || word === '-') {
      words.unshift(word)
      break
    }
    if (word.startsWith('--')) readLong(word, words, draft)
    else readShort(word.slice(1), words, draft)
  }
  const [image, ...command] = words
  if (!image) throw new Refused({ kind: 'no-image' })
  return { status: 'parsed', request: finished(draft, image, command), leftOut: draft.leftOut }
}

function readLong(word: string, words: string[], draft: Draft): void {
  const at = word.indexOf('=')
  const name = at < 0 ? word.slice(2) : word.slice(2, at)
  const flag = findFlag(name) ?? refuseUnknown(`--${name}`)
  if (flag.takes === 'nothing') return use(flag, `--${name}`, at < 0 ? 'true' : word.slice(at + 1), draft)
  use(flag, `--${name}`, at < 0 ? nextValue(`--${name}`, words) : word.slice(at + 1), draft)
}

/** `-it`, `-p80:80`, `-p 80:80`: switches until one that takes a value, which takes the rest. */
function readShort(letters: string, words: string[], draft: Draft): void {
  for (let index = 0; index < letters.length; index++) {
    const name = letters[index] ?? ''
    const flag = findFlag(name) ?? refuseUnknown(`-${name}`)
    if (flag.takes === 'nothing') {
      use(flag, `-${name}`, 'true', draft)
      continue
    }
    const rest = letters.slice(index + 1)
    return use(flag, `-${name}`, rest === '' ? nextValue(`-${name}`, words) : rest.replace(/^=/, ''), draft)
  }
}

const refuseUnknown = (flag: string): never => {
  throw new Refused({ kind: 'unknown-flag', flag })
}
function nextValue(flag: string, words: string[]): string {
  const value = words.shift()
  if (value === undefined) throw new Refused({ kind: 'value-missing', flag })
  return value
}

function use(flag: Flag, name: string, value: string, draft: Draft): void {
  if (!flag.apply) {
    if (!flag.harmless) draft.leftOut.push(flag.takes === 'nothing' ? name : `${name} ${value}`)
    return
  }
  if (flag.takes === 'nothing' && !/^(?:true|false|1|0|t|f)$/i.test(value)) throw new Refused({ kind: 'bad-value', flag: name, value })
  if (flag.apply(draft, value) === 'bad') throw new Refused({ kind: 'bad-value', flag: name, value })
}

function finished({ request, health, join }: Draft, image: string, command: string[]): RunRequest {
  const { test, none, ...times } = health
  const healthCheck: HealthCheck | undefined = none ? { kind: 'none' } : test ? { kind: 'command', test: ['CMD-SHELL', test], ...times } : undefined
  const [network] = request.networks ?? []
  return {
    ...request,
    image,
    ...(command.length > 0 && { command }),
    ...(healthCheck && { healthCheck }),
    ...(network && Object.keys(join).length > 0 && { join: { network, ...join } }),
  }
}
