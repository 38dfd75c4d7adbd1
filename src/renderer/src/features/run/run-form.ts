import type { ImageDefaults } from '#shared/contract/images.ts'
import type { ContainerSummary, MountRequest, PortMapping, Protocol, RestartPolicy, RunRequest } from '#shared/contract/containers.ts'
import { splitVariable } from '../containers/environment.ts'
import { splitWords } from './words.ts'

/** The run form as it is typed: text everywhere, turned into a request only when asked. Rows have keys of their own so that lists can be edited. */
export interface PortRow {
  key: number
  hostIp: string
  hostPort: string
  containerPort: string
  protocol: Protocol
}
export interface MountRow {
  key: number
  kind: 'volume' | 'bind'
  source: string
  target: string
  readOnly: boolean
}
export interface VariableRow {
  key: number
  name: string
  value: string
  /** The image's own value; sent only when changed. */
  fromImage?: string
}
export interface RunForm {
  image: string
  name: string
  command: string
  entrypoint: string
  ports: PortRow[]
  mounts: MountRow[]
  variables: VariableRow[]
  restart: RestartPolicy['policy']
  workingDirectory: string
  user: string
  hostname: string
  network: string
  memoryMegabytes: string
  cpus: string
  tty: boolean
  interactive: boolean
  autoRemove: boolean
}

let lastKey = 0
export const portRow = (row: Partial<PortRow> = {}): PortRow => ({ hostIp: '', hostPort: '', containerPort: '', protocol: 'tcp', ...row, key: ++lastKey })
export const mountRow = (row: Partial<MountRow> = {}): MountRow => ({ kind: 'volume', source: '', target: '', readOnly: false, ...row, key: ++lastKey })
export const variableRow = (row: Partial<VariableRow> = {}): VariableRow => ({ name: '', value: '', ...row, key: ++lastKey })

export const emptyForm = (image = ''): RunForm => ({
  image,
  name: '',
  command: '',
  entrypoint: '',
  ports: [],
  mounts: [],
  variables: [],
  restart: 'no',
  workingDirectory: '',
  user: '',
  hostname: '',
  network: '',
  memoryMegabytes: '',
  cpus: '',
  tty: false,
  interactive: false,
  autoRemove: false,
})

/** Ports below 1024 may need privileges and are often taken: 80 is offered as 8080. */
const offered = (port: number): number => (port >= 1024 ? port : port === 443 ? 8443 : 8000 + port)

/** The first port from where the image would like it that is not taken. */
export function freePort(wanted: number, taken: ReadonlySet<number>): number {
  for (let port = offered(wanted); port < 65_536; port++) if (!taken.has(port)) return port
  return offered(wanted)
}

/** Fills what the image says about itself, in place of what an image said before; what the user added stays. */
export function withDefaults(form: RunForm, defaults: ImageDefaults, taken: ReadonlySet<number>): RunForm {
  const used = new Set(taken)
  const ports = defaults.exposedPorts.map(({ containerPort, protocol }) => {
    const hostPort = freePort(containerPort, used)
    used.add(hostPort)
    return portRow({ hostPort: String(hostPort), containerPort: String(containerPort), protocol })
  })
  return {
    ...form,
    ports,
    mounts: defaults.volumes.map((target) => mountRow({ target })),
    variables: [...defaults.environment.map(splitVariable).map(({ name, value }) => variableRow({ name, value, fromImage: value })), ...form.variables.filter(({ fromImage }) => fromImage === undefined)],
  }
}

/** Which container holds which published port. */
export function portOwners(containers: readonly ContainerSummary[]): Map<number, string> {
  return new Map(containers.filter(({ state }) => state.status === 'running' || state.status === 'paused').flatMap(({ name, ports }) => ports.flatMap(({ hostPort }) => (hostPort ? [[hostPort, name] as const] : []))))
}

export type FieldProblem = { key: 'required' | 'port' | 'absolute' | 'number' | 'name' | 'twice' } | { key: 'taken'; owner: string; free: number }
export type Problems = Map<string, FieldProblem>

const isPort = (text: string) => /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535
const isAmount = (text: string) => /^\d+([.,]\d+)?$/.test(text) && Number(text.replace(',', '.')) > 0

/** What can be told while typing, by the field names that the engine's own errors use. */
export function problemsOf(form: RunForm, owners: ReadonlyMap<number, string>): Problems {
  const problems: Problems = new Map()
  if (form.image.trim() === '') problems.set('image', { key: 'required' })
  if (form.name !== '' && !/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(form.name)) problems.set('name', { key: 'name' })
  form.ports.forEach((row, index) => checkPort(row, index, form, owners, problems))
  form.mounts.forEach(({ kind, source, target }, index) => {
    if (target !== '' && !target.startsWith('/')) problems.set(`mounts[${index}].target`, { key: 'absolute' })
    if (target === '' && source !== '') problems.set(`mounts[${index}].target`, { key: 'required' })
    if (kind === 'bind' && target !== '' && !source.startsWith('/')) problems.set(`mounts[${index}].source`, { key: 'absolute' })
  })
  if (form.memoryMegabytes !== '' && !isAmount(form.memoryMegabytes)) problems.set('limits.memoryBytes', { key: 'number' })
  if (form.cpus !== '' && !isAmount(form.cpus)) problems.set('limits.cpus', { key: 'number' })
  return problems
}

function checkPort({ hostPort, containerPort, protocol, hostIp, key }: PortRow, index: number, form: RunForm, owners: ReadonlyMap<number, string>, problems: Problems): void {
  const field = `ports[${index}]`
  if (hostPort === '' && containerPort === '') return
  if (!isPort(containerPort)) problems.set(`${field}.containerPort`, { key: containerPort === '' ? 'required' : 'port' })
  if (hostPort === '') return
  if (!isPort(hostPort)) return void problems.set(`${field}.hostPort`, { key: 'port' })
  const twin = form.ports.find((other) => other.key < key && other.hostPort === hostPort && other.protocol === protocol && other.hostIp === hostIp)
  const owner = owners.get(Number(hostPort))
  if (twin) problems.set(`${field}.hostPort`, { key: 'twice' })
  else if (owner !== undefined) problems.set(`${field}.hostPort`, { key: 'taken', owner, free: freePort(Number(hostPort) + 1, new Set(owners.keys())) })
}

const filled = (text: string) => (text.trim() === '' ? undefined : text.trim())
const some = <Item>(items: Item[]) => (items.length > 0 ? items : undefined)
const amount = (text: string) => (text === '' ? undefined : Number(text.replace(',', '.')))

/** The request, plain to the core: what equals the image's own is left out. */
export function toRunRequest(form: RunForm): RunRequest {
  const limits = { memoryBytes: form.memoryMegabytes === '' ? undefined : Math.round((amount(form.memoryMegabytes) ?? 0) * 1024 * 1024), cpus: amount(form.cpus) }
  return dropUndefined({
    image: form.image.trim(),
    name: filled(form.name),
    command: some(splitWords(form.command)),
    entrypoint: some(splitWords(form.entrypoint)),
    environment: some(form.variables.filter(({ name, value, fromImage }) => name.trim() !== '' && value !== fromImage).map(({ name, value }) => `${name.trim()}=${value}`)),
    ports: some(form.ports.filter(({ containerPort }) => containerPort !== '').map(toMapping)),
    mounts: some(form.mounts.filter(({ target }) => target !== '').map(toMount)),
    restart: form.restart === 'no' ? undefined : { policy: form.restart },
    workingDirectory: filled(form.workingDirectory),
    user: filled(form.user),
    hostname: filled(form.hostname),
    networks: filled(form.network) === undefined ? undefined : [form.network],
    tty: form.tty || undefined,
    interactive: form.interactive || undefined,
    autoRemove: form.autoRemove || undefined,
    limits: limits.memoryBytes === undefined && limits.cpus === undefined ? undefined : dropUndefined(limits),
  })
}

const dropUndefined = <Value extends object>(value: Value): Value => Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Value

const toMapping = ({ hostIp, hostPort, containerPort, protocol }: PortRow): PortMapping =>
  dropUndefined({ containerPort: Number(containerPort), protocol, hostIp: filled(hostIp), hostPort: hostPort === '' ? undefined : Number(hostPort) })

function toMount({ kind, source, target, readOnly }: MountRow): MountRequest {
  const base = { target: target.trim(), ...(readOnly && { readOnly }) }
  return kind === 'bind' ? { kind, source: source.trim(), ...base } : { kind, ...(source.trim() !== '' && { source: source.trim() }), ...base }
}
