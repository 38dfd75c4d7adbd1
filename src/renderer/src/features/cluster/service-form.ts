import type { MountRequest, Protocol } from '#shared/contract/containers.ts'
import { emptyDraft, type FileUse, type NetworkUse, type PublishedPort, type ServiceDraft } from '#shared/contract/service-draft.ts'
import { joinWords, splitWords } from '../run/words.ts'

/** A service as it is typed: lists are lines, numbers are texts. What a form does not ask stays as the draft has it. */
export interface ServiceForm {
  name: string
  image: string
  mode: ServiceDraft['mode']
  replicas: string
  command: string
  environment: string
  ports: PortRow[]
  endpointMode: ServiceDraft['endpointMode']
  networks: string
  mounts: string
  secrets: string
  configs: string
  constraints: string
  spread: string
  mostPerNode: string
  cpus: string
  memory: string
  parallelism: string
  delay: string
  onFailure: ServiceDraft['update']['onFailure']
  order: ServiceDraft['update']['order']
  labels: string
}
export interface PortRow {
  key: number
  published: string
  target: string
  protocol: Protocol
  mode: PublishedPort['mode']
}

let keys = 0
export const portRow = (row: Partial<PortRow> = {}): PortRow => ({ published: '', target: '', protocol: 'tcp', mode: 'ingress', ...row, key: ++keys })

const lines = (text: string) => text.split('\n').map((line) => line.trim()).filter((line) => line !== '')
const MIB = 1_048_576

export const formOf = (draft: ServiceDraft = emptyDraft('', '')): ServiceForm => ({
  name: draft.name,
  image: draft.image,
  mode: draft.mode,
  replicas: String(draft.replicas),
  command: joinWords(draft.command ?? []),
  environment: draft.environment.join('\n'),
  ports: draft.ports.map(({ published, target, protocol, mode }) => portRow({ published: published === undefined ? '' : String(published), target: String(target), protocol, mode })),
  endpointMode: draft.endpointMode,
  networks: draft.networks.map(({ network, aliases = [] }) => [network, ...aliases].join(' ')).join('\n'),
  mounts: draft.mounts.map(mountLine).join('\n'),
  secrets: draft.secrets.map(fileLine).join('\n'),
  configs: draft.configs.map(fileLine).join('\n'),
  constraints: draft.constraints.join('\n'),
  spread: draft.spread.join('\n'),
  mostPerNode: draft.mostPerNode === 0 ? '' : String(draft.mostPerNode),
  cpus: draft.limits.cpus === undefined ? '' : String(draft.limits.cpus),
  memory: draft.limits.memoryBytes === undefined ? '' : String(Math.round(draft.limits.memoryBytes / MIB)),
  parallelism: String(draft.update.parallelism),
  delay: String(draft.update.delay),
  onFailure: draft.update.onFailure,
  order: draft.update.order,
  labels: Object.entries(draft.labels).map(([name, value]) => `${name}=${value}`).join('\n'),
})

export type ServiceProblem = 'required' | 'number' | 'port' | 'mount' | 'word'
export type ServiceProblems = Partial<Record<keyof ServiceForm, ServiceProblem>>

const isCount = (text: string) => /^\d{1,5}$/.test(text.trim())
const isAmount = (text: string) => text.trim() === '' || /^\d+([.,]\d+)?$/.test(text.trim())
const isPort = (text: string) => /^\d+$/.test(text.trim()) && Number(text) >= 1 && Number(text) <= 65_535
const isWord = (text: string) => /^[A-Za-z0-9][\w.@/+-]*$/.test(text)

export function problemsOf(form: ServiceForm): ServiceProblems {
  const problems: ServiceProblems = {}
  const expect = (field: keyof ServiceForm, holds: boolean, problem: ServiceProblem) => holds || (problems[field] ??= problem)
  expect('name', form.name.trim() !== '', 'required')
  expect('name', isWord(form.name.trim()), 'word')
  expect('image', form.image.trim() !== '', 'required')
  expect('replicas', form.mode === 'global' || isCount(form.replicas), 'number')
  expect('ports', form.ports.every(({ target, published }) => isPort(target) && (published.trim() === '' || isPort(published))), 'port')
  expect('mounts', lines(form.mounts).every((line) => readMountLine(line) !== undefined), 'mount')
  expect('networks', lines(form.networks).every((line) => line.split(/\s+/).every(isWord)), 'word')
  for (const field of ['cpus', 'memory', 'delay'] as const) expect(field, isAmount(form[field]), 'number')
  expect('mostPerNode', form.mostPerNode.trim() === '' || isCount(form.mostPerNode), 'number')
  expect('parallelism', isCount(form.parallelism), 'number')
  return problems
}

const amount = (text: string) => Number(text.trim().replace(',', '.'))

/** Of a form without problems. */
export function draftOfForm(form: ServiceForm, base: ServiceDraft = emptyDraft('', '')): ServiceDraft {
  const command = splitWords(form.command)
  const { command: _, limits: { cpus: __, memoryBytes: ___, ...limits }, ...rest } = base
  return {
    ...rest,
    name: form.name.trim(),
    image: form.image.trim(),
    mode: form.mode,
    replicas: form.mode === 'global' ? base.replicas : Number(form.replicas),
    ...(command.length > 0 && { command }),
    environment: lines(form.environment),
    ports: form.ports.map(({ target, published, protocol, mode }) => ({ target: Number(target), ...(published.trim() !== '' && { published: Number(published) }), protocol, mode })),
    endpointMode: form.endpointMode,
    networks: lines(form.networks).map(networkOf),
    mounts: lines(form.mounts).flatMap((line) => readMountLine(line) ?? []),
    secrets: lines(form.secrets).map(fileOf),
    configs: lines(form.configs).map(fileOf),
    constraints: lines(form.constraints),
    spread: lines(form.spread),
    mostPerNode: Number(form.mostPerNode || 0),
    limits: { ...limits, ...(form.cpus.trim() !== '' && { cpus: amount(form.cpus) }), ...(form.memory.trim() !== '' && { memoryBytes: Math.round(amount(form.memory) * MIB) }) },
    update: { parallelism: Number(form.parallelism), delay: amount(form.delay || '0'), onFailure: form.onFailure, order: form.order },
    labels: Object.fromEntries(lines(form.labels).map((line) => [line.split('=', 1)[0] ?? line, line.includes('=') ? line.slice(line.indexOf('=') + 1) : ''])),
  }
}

function networkOf(line: string): NetworkUse {
  const [network = '', ...aliases] = line.split(/\s+/)
  return { network, ...(aliases.length > 0 && { aliases }) }
}

/** `token`, `token:/run/secrets/other`. */
const fileLine = ({ name, file }: FileUse) => (name === file ? name : `${name}:${file}`)
function fileOf(line: string): FileUse {
  const at = line.indexOf(':')
  return at < 0 ? { name: line, file: line } : { name: line.slice(0, at), file: line.slice(at + 1) }
}

/** `data:/data`, `/srv:/srv:ro`, `/cache` (a volume of its own for each task), `tmpfs:/tmp`. */
function mountLine(mount: MountRequest): string {
  if (mount.kind === 'tmpfs') return `tmpfs:${mount.target}`
  return [mount.source, mount.target, mount.readOnly && 'ro'].filter(Boolean).join(':')
}
function readMountLine(line: string): MountRequest | undefined {
  const [first = '', second, third] = line.split(':')
  if (second === undefined) return first.startsWith('/') ? { kind: 'volume', target: first } : undefined
  if (!second.startsWith('/') || (third !== undefined && third !== 'ro' && third !== 'rw')) return undefined
  if (first === 'tmpfs') return { kind: 'tmpfs', target: second }
  return { kind: first.startsWith('/') ? 'bind' : 'volume', source: first, target: second, ...(third === 'ro' && { readOnly: true }) }
}
