import type { ImageDefaults } from '#shared/contract/images.ts'
import type { NetworkJoin } from '#shared/contract/container-settings.ts'
import type { Limits, MountRequest, PortMapping, Protocol, RestartPolicy, RunRequest } from '#shared/contract/containers.ts'
import { nextFreePort, type TakenPort } from '#shared/network/ports.ts'
import { splitVariable } from '../containers/environment.ts'
import { emptyFurther, toFurther, type FurtherForm } from './further-form.ts'
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
  kind: 'volume' | 'bind' | 'tmpfs'
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
/** A name and a value, such as a label. */
export interface PairRow {
  key: number
  name: string
  value: string
}
export interface NetworkRow {
  key: number
  network: string
  /** Words. */
  aliases: string
  ipv4: string
  ipv6: string
  mac: string
  /** What the form does not show. */
  kept: Pick<NetworkJoin, 'driverOptions' | 'gatewayPriority'>
}
export interface RunForm extends FurtherForm {
  image: string
  name: string
  command: string
  entrypoint: string
  ports: PortRow[]
  mounts: MountRow[]
  variables: VariableRow[]
  restart: RestartPolicy['policy']
  restartRetries: string
  publishAll: boolean
  labels: PairRow[]
  workingDirectory: string
  user: string
  hostname: string
  /** `host`, `none` or `container:…`; empty while it is joined to networks. */
  networkMode: string
  /** None: the engine's default. */
  networks: NetworkRow[]
  memoryMegabytes: string
  cpus: string
  pids: string
  tty: boolean
  interactive: boolean
  autoRemove: boolean
}

let lastKey = 0
export const pairRow = (row: Partial<PairRow> = {}): PairRow => ({ name: '', value: '', ...row, key: ++lastKey })
export const networkRow = (row: Partial<NetworkRow> = {}): NetworkRow => ({ network: '', aliases: '', ipv4: '', ipv6: '', mac: '', kept: {}, ...row, key: ++lastKey })
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
  restartRetries: '',
  publishAll: false,
  labels: [],
  workingDirectory: '',
  user: '',
  hostname: '',
  networkMode: '',
  networks: [],
  memoryMegabytes: '',
  cpus: '',
  pids: '',
  tty: false,
  interactive: false,
  autoRemove: false,
  ...emptyFurther(),
})

/** Fills what the image says about itself, in place of what an image said before; what the user added stays. */
export function withDefaults(form: RunForm, defaults: ImageDefaults, taken: readonly TakenPort[]): RunForm {
  const used = [...taken]
  const ports = defaults.exposedPorts.map(({ containerPort, protocol }) => {
    const hostPort = nextFreePort({ hostPort: containerPort, protocol }, used)
    if (hostPort !== undefined) used.push({ ip: '', port: hostPort, protocol })
    return portRow({ hostPort: String(hostPort ?? ''), containerPort: String(containerPort), protocol })
  })
  return withImageVariables({ ...form, ports, mounts: defaults.volumes.map((target) => mountRow({ target })) }, defaults)
}

/** The image's own variables, to be changed; one that is set already keeps what it is set to. */
export function withImageVariables(form: RunForm, { environment }: Pick<ImageDefaults, 'environment'>): RunForm {
  const own = form.variables.filter(({ fromImage }) => fromImage === undefined)
  const set = new Map(own.map((row) => [row.name, row]))
  const image = environment.map(splitVariable).map(({ name, value }) => variableRow({ name, value: set.get(name)?.value ?? value, fromImage: value }))
  return { ...form, variables: [...image, ...own.filter(({ name }) => !image.some((row) => row.name === name))] }
}

const filled = (text: string) => (text.trim() === '' ? undefined : text.trim())
const some = <Item>(items: Item[]) => (items.length > 0 ? items : undefined)
const amount = (text: string) => (text === '' ? undefined : Number(text.replace(',', '.')))

/** The request, plain to the core: what equals the image's own is left out. */
export function toRunRequest(form: RunForm): RunRequest {
  const limits = toLimits(form)
  const joins = form.networkMode === '' ? form.networks.filter(({ network }) => network !== '').map(toJoin) : []
  const [first] = joins
  return dropUndefined({
    image: form.image.trim(),
    name: filled(form.name),
    command: some(splitWords(form.command)),
    entrypoint: some(splitWords(form.entrypoint)),
    environment: some(form.variables.filter(({ name, value, fromImage }) => name.trim() !== '' && value !== fromImage).map(({ name, value }) => `${name.trim()}=${value}`)),
    ports: some(form.ports.filter(({ containerPort }) => containerPort !== '').map(toMapping)),
    publishAll: form.publishAll || undefined,
    mounts: some(form.mounts.filter(({ target }) => target !== '').map(toMount)),
    restart: form.restart === 'no' ? undefined : toRestart(form),
    labels: form.labels.some(({ name }) => name !== '') ? Object.fromEntries(form.labels.filter(({ name }) => name !== '').map(({ name, value }) => [name, value])) : undefined,
    workingDirectory: filled(form.workingDirectory),
    user: filled(form.user),
    hostname: filled(form.hostname),
    networks: form.networkMode === '' ? some(joins.map(({ network }) => network)) : [form.networkMode],
    join: first && Object.keys(first).length > 1 ? first : undefined,
    tty: form.tty || undefined,
    interactive: form.interactive || undefined,
    autoRemove: form.autoRemove || undefined,
    limits: Object.keys(limits).length > 0 ? limits : undefined,
    ...toFurther(form),
  })
}

const dropUndefined = <Value extends object>(value: Value): Value => Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Value

export const toMapping = ({ hostIp, hostPort, containerPort, protocol }: PortRow): PortMapping =>
  dropUndefined({ containerPort: Number(containerPort), protocol, hostIp: filled(hostIp), hostPort: hostPort === '' ? undefined : Number(hostPort) })

export function toMount({ kind, source, target, readOnly }: MountRow): MountRequest {
  if (kind === 'tmpfs') return { kind, target: target.trim() }
  const base = { target: target.trim(), ...(readOnly && { readOnly }) }
  return kind === 'bind' ? { kind, source: source.trim(), ...base } : { kind, ...(source.trim() !== '' && { source: source.trim() }), ...base }
}

export const toRestart = ({ restart: policy, restartRetries }: RunForm): RestartPolicy => ({ policy, ...(policy === 'on-failure' && amount(restartRetries) && { maximumRetries: amount(restartRetries) }) })

export function toLimits({ memoryMegabytes, cpus, pids }: RunForm): Limits {
  const memory = amount(memoryMegabytes)
  return dropUndefined({ memoryBytes: memory === undefined ? undefined : Math.round(memory * 1_048_576), cpus: amount(cpus), pids: amount(pids) })
}

export const toJoin = ({ network, aliases, ipv4, ipv6, mac, kept }: NetworkRow): NetworkJoin =>
  dropUndefined({ network, aliases: some(aliases.split(/[\s,]+/).filter(Boolean)), ipv4: filled(ipv4), ipv6: filled(ipv6), mac: filled(mac), ...kept })
