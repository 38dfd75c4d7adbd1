import type { PortListener } from '#shared/contract/ports.ts'
import type { ContainerSummary } from '#shared/contract/containers.ts'
import { freePort, type PortRow, type RunForm } from './run-form.ts'

/** Who holds which port of the machine, by `8080/tcp`: containers, as the page knows them live, and other programs, as the engine last told (without a name where it cannot be known). */
export function portOwners(containers: readonly ContainerSummary[], listeners: readonly PortListener[] = []): Map<string, string> {
  const programs = listeners.filter(({ container }) => container === undefined).map(({ port, protocol, process = '' }) => [`${port}/${protocol}`, process] as const)
  const running = containers.filter(({ state }) => state.status === 'running' || state.status === 'paused')
  return new Map([...programs, ...running.flatMap(({ name, ports }) => ports.flatMap(({ hostPort, protocol }) => (hostPort ? [[`${hostPort}/${protocol}`, name] as const] : [])))])
}

export const takenPorts = (owners: ReadonlyMap<string, string>): Set<number> => new Set([...owners.keys()].map((key) => Number(key.split('/')[0])))

export type FieldProblem = { key: 'required' | 'port' | 'absolute' | 'number' | 'name' | 'twice' } | { key: 'taken'; owner: string; free: number }
export type Problems = Map<string, FieldProblem>

const isPort = (text: string) => /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535
const isAmount = (text: string) => /^\d+([.,]\d+)?$/.test(text) && Number(text.replace(',', '.')) > 0

const amounts = (form: RunForm) => [['limits.memoryBytes', form.memoryMegabytes], ['limits.cpus', form.cpus], ['limits.pids', form.pids], ['shmBytes', form.shmMegabytes], ['stopSeconds', form.stopSeconds]] as const

/** What can be told while typing, by the field names that the engine's own errors use. */
export function problemsOf(form: RunForm, owners: ReadonlyMap<string, string>): Problems {
  const problems: Problems = new Map()
  if (form.image.trim() === '') problems.set('image', { key: 'required' })
  if (form.name !== '' && !/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(form.name)) problems.set('name', { key: 'name' })
  form.ports.forEach((row, index) => checkPort(row, index, form, owners, problems))
  form.mounts.forEach(({ kind, source, target }, index) => {
    if (target !== '' && !target.startsWith('/')) problems.set(`mounts[${index}].target`, { key: 'absolute' })
    if (target === '' && source !== '') problems.set(`mounts[${index}].target`, { key: 'required' })
    if (kind === 'bind' && target !== '' && !source.startsWith('/')) problems.set(`mounts[${index}].source`, { key: 'absolute' })
  })
  for (const [field, text] of amounts(form)) if (text.trim() !== '' && !isAmount(text)) problems.set(field, { key: 'number' })
  return problems
}

function checkPort({ hostPort, containerPort, protocol, hostIp, key }: PortRow, index: number, form: RunForm, owners: ReadonlyMap<string, string>, problems: Problems): void {
  const field = `ports[${index}]`
  if (hostPort === '' && containerPort === '') return
  if (!isPort(containerPort)) problems.set(`${field}.containerPort`, { key: containerPort === '' ? 'required' : 'port' })
  if (hostPort === '') return
  if (!isPort(hostPort)) return void problems.set(`${field}.hostPort`, { key: 'port' })
  const twin = form.ports.find((other) => other.key < key && other.hostPort === hostPort && other.protocol === protocol && other.hostIp === hostIp)
  const owner = owners.get(`${Number(hostPort)}/${protocol}`)
  if (twin) problems.set(`${field}.hostPort`, { key: 'twice' })
  else if (owner !== undefined) problems.set(`${field}.hostPort`, { key: 'taken', owner, free: freePort(Number(hostPort) + 1, takenPorts(owners)) })
}

