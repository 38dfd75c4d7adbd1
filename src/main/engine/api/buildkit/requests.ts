import { EngineError, isEngineError } from '#shared/errors.ts'
import type { FileDescription } from '../../services/builder/description/describe-file.ts'
import type { BuildkitNeeds } from './needs.ts'
import type { Attributes } from './protocol/messages.ts'

/** What is asked of a Dockerfile instead of a build (`docker build --check`, `--call=outline`), and answered as metadata of a result that has no image. */
export interface FrontendRequest {
  attributes: Attributes
  /** As the client named it. */
  filename: string
  text: string
}

type Position = FileDescription['args'][number]['position']
type Metadata = Record<string, Uint8Array>

/** https://github.com/moby/buildkit/tree/master/frontend/subrequests: the names, and what is in `result.json` of each. */
const REQUESTS = [
  { name: 'frontend.subrequests.describe', description: 'List what can be asked', metadata: ['result.json', 'result.txt'] },
  { name: 'frontend.outline', description: 'List what a build of the target takes', metadata: ['result.json', 'result.txt'], opts: [{ name: 'target', description: 'Stage to build' }] },
  { name: 'frontend.targets', description: 'List the stages that can be built', metadata: ['result.json', 'result.txt'] },
  { name: 'frontend.lint', description: 'List what the Dockerfile had better not say', metadata: ['result.json', 'result.txt', 'result.statuscode'] },
]

/** @throws EngineError not-implemented for a request that nobody here knows. */
export function answerRequest(needs: BuildkitNeeds, request: FrontendRequest): Metadata {
  const name = request.attributes['requestid'] ?? ''
  if (name === 'frontend.subrequests.describe') return answer(REQUESTS.map(requestJson), REQUESTS.map((known) => `${known.name}  ${known.description}`))
  if (name === 'frontend.lint') return lint(needs, request)
  if (name === 'frontend.outline') return outline(describe(needs, request), request)
  if (name === 'frontend.targets') return targets(describe(needs, request), request)
  throw new EngineError('not-implemented', `the request ${name} is not supported by this engine`, { hint: `It knows ${REQUESTS.map((known) => known.name).join(', ')}.` })
}

function describe({ builder }: BuildkitNeeds, { attributes, text }: FrontendRequest): FileDescription {
  const { target } = attributes
  const buildArgs = Object.fromEntries(Object.entries(attributes).flatMap(([name, value]) => (name.startsWith('build-arg:') ? [[name.slice('build-arg:'.length), value]] : [])))
  return builder.describe({ text, buildArgs, ...(target && { target }) })
}

const answer = (json: unknown, lines: readonly string[], more: Record<string, string> = {}): Metadata =>
  Object.fromEntries(Object.entries({ 'result.json': JSON.stringify(json, undefined, 2), 'result.txt': lines.map((line) => `${line}\n`).join(''), version: '1.0.0', ...more }).map(([name, value]) => [name, Buffer.from(value)]))

const requestJson = ({ name, description, metadata, opts = [] }: (typeof REQUESTS)[number] & { opts?: { name: string; description: string }[] }) => ({
  Name: name,
  Version: '1.0.0',
  Type: 'rpc',
  Description: description,
  Opts: opts.map((option) => ({ Name: option.name, Description: option.description })),
  Metadata: metadata.map((each) => ({ Name: each })),
})

const locationJson = ({ line, endLine }: Position) => ({ ranges: [{ start: { line }, end: { line: endLine } }] })
const sourceOf = ({ text }: FrontendRequest) => Buffer.from(text).toString('base64')

function outline({ stages, args, mounts }: FileDescription, request: FrontendRequest): Metadata {
  const target = stages.find(({ isTarget }) => isTarget)
  const mountsOf = (type: FileDescription['mounts'][number]['type']) => mounts.filter((mount) => mount.type === type)
  const named = (type: 'secret' | 'ssh') => mountsOf(type).map(({ id, required, position }) => ({ name: id, ...(required && { required }), location: locationJson(position) }))
  const json = {
    ...(target?.name !== undefined && { name: target.name }),
    args: args.map(({ name, value, position }) => ({ name, ...(value !== undefined && { value }), location: locationJson(position) })),
    secrets: named('secret'),
    ssh: named('ssh'),
    cache: mountsOf('cache').map(({ id, position }) => ({ id, location: locationJson(position) })),
    sources: [sourceOf(request)],
  }
  return answer(json, [...(target?.name === undefined ? [] : [`TARGET: ${target.name}`]), ...args.map(({ name, value = '' }) => `ARG ${name}=${value}`), ...mounts.map(({ type, id, required }) => `${type.toUpperCase()} ${id}${required ? ' (required)' : ''}`)])
}

function targets({ stages }: FileDescription, request: FrontendRequest): Metadata {
  const json = stages.map(({ name, base, platform, isDefault, position }) => ({ ...(name !== undefined && { name }), ...(isDefault && { default: true }), base, ...(platform !== undefined && { platform }), location: locationJson(position) }))
  return answer({ targets: json, sources: [sourceOf(request)] }, stages.flatMap(({ name, isDefault }) => (name === undefined && !isDefault ? [] : [`${name ?? '(default)'}${name !== undefined && isDefault ? ' (default)' : ''}`])))
}

/** A Dockerfile that cannot be read is an answer too. */
function lint(needs: BuildkitNeeds, request: FrontendRequest): Metadata {
  const { findings, error } = look(needs, request)
  const { filename, text } = request
  const json = {
    warnings: findings.map(({ rule, description, detail, position }) => ({ ruleName: rule, description, url: urlOf(rule), detail, location: locationJson(position) })),
    sources: [{ filename, language: 'Dockerfile', data: sourceOf(request) }],
    ...(error && { error }),
  }
  const lines = text.split(/\r?\n/)
  const words = findings.flatMap(({ rule, detail, position: { line, endLine } }) => [`WARNING: ${rule} - ${urlOf(rule)}`, detail, `${filename}:${line}`, ...lines.slice(line - 1, endLine).map((each, index) => `${String(line + index).padStart(4)} | ${each}`), ''])
  return answer(json, [...words, ...(error ? [`ERROR: ${error.message}`] : [])], { 'result.statuscode': findings.length > 0 || error ? '1' : '0' })
}

function look(needs: BuildkitNeeds, request: FrontendRequest): { findings: FileDescription['findings']; error?: { message: string; location?: object } } {
  try {
    return { findings: describe(needs, request).findings }
  } catch (error) {
    if (!isEngineError(error)) throw error
    const position = (error as { position?: Position }).position
    return { findings: [], error: { message: error.message, ...(position && { location: locationJson(position) }) } }
  }
}

/** `StageNameCasing` is documented under `stage-name-casing`. */
const urlOf = (rule: string): string => `https://docs.docker.com/go/dockerfile/rule/${rule.replace(/([a-z])([A-Z])/g, '$1-$2').replace(/([A-Z])([A-Z][a-z])/g, '$1-$2').toLowerCase()}/`
