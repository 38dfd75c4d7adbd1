import type { HealthCheck } from '#shared/contract/container-settings.ts'
import type { MountRequest, Protocol } from '#shared/contract/containers.ts'
import { emptyDraft, usualUpdate, type FileUse, type PublishedPort, type ServiceDraft, type UpdateRules } from '#shared/contract/service-draft.ts'
import { EngineError } from '#shared/errors.ts'
import type { ComposeConfig, ComposeConfigFile, ComposeConfigService } from '../compose/compose-config.ts'
import { readProjectFile } from '../compose/project-file.ts'
import { secondsOf } from '../compose/seconds-of.ts'
import { stackLabel } from './read.ts'
import type { StackDraft } from './stack.ts'

/** Keys that a service of a cluster has no place for; what stands in none of the lists here is another's extension (`x-…`) or says nothing by itself. */
const unfit = ['build', 'blkio_config', 'cgroup', 'cgroup_parent', 'container_name', 'cpu_count', 'cpu_percent', 'cpu_period', 'cpu_quota', 'cpu_shares', 'cpuset', 'depends_on', 'device_cgroup_rules', 'devices', 'external_links', 'gpus', 'ipc', 'links', 'mac_address', 'mem_reservation', 'mem_swappiness', 'memswap_limit', 'network_mode', 'oom_kill_disable', 'oom_score_adj', 'pid', 'platform', 'privileged', 'runtime', 'scale', 'security_opt', 'shm_size', 'storage_opt', 'userns_mode', 'uts', 'volumes_from']

export interface StackOfFile {
  stack: StackDraft
  remarks: { service: string; key: string }[]
}

/** A compose file, as compose itself understood it, as a stack. Names that compose made of the project's are made of the stack's. @throws at the service that has no image */
export async function stackOfCompose(config: ComposeConfig, name: string, environment: NodeJS.ProcessEnv = process.env): Promise<StackOfFile> {
  const whole = (own: string | undefined, key: string) => (own === undefined || own === `${config.name}_${key}` ? `${name}_${key}` : own)
  const networks = Object.entries(config.networks ?? {}).map(([key, network]) => ({ key, name: whole(network?.name, key), external: network?.external ?? false, internal: network?.internal ?? false, attachable: network?.attachable ?? false, options: network?.driver_opts ?? {} }))
  const names = {
    network: (key: string) => networks.find((each) => each.key === key)?.name ?? whole(undefined, key),
    volume: (key: string) => whole(config.volumes?.[key]?.name, key),
    secret: (key: string) => whole(config.secrets?.[key]?.name, key),
    config: (key: string) => whole(config.configs?.[key]?.name, key),
  }
  const files = (table: Record<string, ComposeConfigFile | null> | null | undefined, nameOf: (key: string) => string) => Promise.all(Object.entries(table ?? {}).map(([key, file]) => readProjectFile(nameOf(key), file ?? {}, environment)))
  const services = Object.entries(config.services ?? {})
  const stack: StackDraft = {
    name,
    services: services.map(([key, service]) => serviceDraft(name, key, service, names)),
    networks: networks.map(({ key: _, ...network }) => network),
    secrets: await files(config.secrets, names.secret),
    configs: await files(config.configs, names.config),
  }
  return { stack, remarks: services.flatMap(([service, value]) => unfit.filter((key) => says(value[key])).map((key) => ({ service, key }))) }
}

const says = (value: unknown) => value !== undefined && value !== null && value !== false && !(typeof value === 'object' && Object.keys(value).length === 0)

interface Names {
  network(key: string): string
  volume(key: string): string
  secret(key: string): string
  config(key: string): string
}

function serviceDraft(stack: string, key: string, service: ComposeConfigService, names: Names): ServiceDraft {
  if (!service.image) throw new EngineError('invalid-argument', `${key} has no image: a cluster builds none.`, { reason: 'no-image', field: 'file', hint: 'Build it, push it to a registry that every machine reaches, and say its name with “image”.' })
  const { deploy } = service
  return {
    ...emptyDraft(`${stack}_${key}`, service.image),
    ...(deploy?.mode === 'global' ? { mode: 'global' as const } : { replicas: deploy?.replicas ?? 1 }),
    ...(service.entrypoint && { entrypoint: service.entrypoint }),
    ...(service.command && { command: service.command }),
    environment: Object.entries(service.environment ?? {}).map(([variable, value]) => (value === null ? variable : `${variable}=${value}`)),
    ...(service.working_dir && { workingDirectory: service.working_dir }),
    ...(service.user && { user: service.user }),
    ...(service.hostname && { hostname: service.hostname }),
    ...(service.tty && { tty: true }),
    labels: { ...deploy?.labels, [stackLabel]: stack, 'com.docker.stack.image': service.image },
    containerLabels: { ...service.labels, [stackLabel]: stack },
    ports: (service.ports ?? []).flatMap(portsOf).sort((a, b) => a.target - b.target),
    endpointMode: deploy?.endpoint_mode === 'dnsrr' ? 'dnsrr' : 'vip',
    networks: Object.entries(service.networks ?? {}).map(([network, use]) => ({ network: names.network(network), aliases: [key, ...(use?.aliases ?? [])] })),
    mounts: mountsOf(service, names),
    secrets: (service.secrets ?? []).map(({ source, target }): FileUse => ({ name: names.secret(source), file: target?.replace(/^\/run\/secrets\//, '') ?? source })),
    configs: (service.configs ?? []).map(({ source, target }): FileUse => ({ name: names.config(source), file: target ?? `/${source}` })),
    ...placementOf(service),
    ...furtherOf(service),
  }
}

/** Compose writes a range out; what is left of one is a choice, of which the first is taken. */
function portsOf({ mode, target, published, protocol = 'tcp' }: NonNullable<ComposeConfigService['ports']>[number]): PublishedPort[] {
  const port = Number(published?.split('-')[0]) || undefined
  return [{ target, ...(port && { published: port }), protocol: protocol as Protocol, mode: mode === 'host' ? 'host' : 'ingress' }]
}

function mountsOf({ volumes, tmpfs }: ComposeConfigService, names: Names): MountRequest[] {
  const mounts = (volumes ?? []).flatMap(({ type, source, target, read_only: readOnly }): MountRequest[] => {
    if (type === 'tmpfs') return [{ kind: 'tmpfs', target }]
    const more = readOnly ? { readOnly } : {}
    if (type === 'bind') return [{ kind: 'bind', source: source ?? '', target, ...more }]
    return type === 'volume' ? [{ kind: 'volume', ...(source && { source: names.volume(source) }), target, ...more }] : []
  })
  return [...mounts, ...[tmpfs ?? []].flat().map((target): MountRequest => ({ kind: 'tmpfs', target: target.split(':')[0] ?? target }))]
}

function placementOf(service: ComposeConfigService): Pick<ServiceDraft, 'constraints' | 'spread' | 'mostPerNode' | 'limits' | 'reservations' | 'restart' | 'update'> {
  const { placement, resources, restart_policy: policy, update_config: update } = service.deploy ?? {}
  const limits = { cpus: service.cpus, memory: service.mem_limit, pids: service.pids_limit, ...resources?.limits }
  const attempts = policy?.max_attempts ?? (Number(/^on-failure:(\d+)$/.exec(service.restart ?? '')?.[1]) || undefined)
  return {
    constraints: placement?.constraints ?? [],
    spread: (placement?.preferences ?? []).flatMap(({ spread }) => spread ?? []),
    mostPerNode: placement?.max_replicas_per_node ?? 0,
    limits: { ...amounts(limits), ...(limits.pids && limits.pids > 0 && { pids: limits.pids }) },
    reservations: amounts(resources?.reservations ?? {}),
    restart: { condition: conditionOf(policy?.condition ?? service.restart), ...(attempts && { attempts }) },
    update: update ? { ...usualUpdate, parallelism: update.parallelism ?? 1, delay: secondsOf(update.delay) ?? 0, ...(update.failure_action && { onFailure: update.failure_action as UpdateRules['onFailure'] }), ...(update.order && { order: update.order as UpdateRules['order'] }) } : usualUpdate,
  }
}

const amounts = ({ cpus, memory }: { cpus?: string | number; memory?: string | number }) => ({ ...(Number(cpus) > 0 && { cpus: Number(cpus) }), ...(Number(memory) > 0 && { memoryBytes: Number(memory) }) })
const conditionOf = (word: string | undefined): ServiceDraft['restart']['condition'] => (word === 'none' || word === 'no' ? 'none' : word?.startsWith('on-failure') ? 'on-failure' : 'any')

function furtherOf(service: ComposeConfigService): Partial<ServiceDraft> {
  const stopSeconds = secondsOf(service.stop_grace_period)
  return {
    ...(service.cap_add?.length && { capabilitiesAdded: service.cap_add }),
    ...(service.cap_drop?.length && { capabilitiesDropped: service.cap_drop }),
    ...(service.read_only && { readOnlyRoot: true }),
    ...(typeof service.init === 'boolean' && { init: service.init }),
    ...(service.dns?.length && { dnsServers: service.dns }),
    ...(service.dns_search?.length && { dnsSearch: service.dns_search }),
    ...(service.extra_hosts?.length && { extraHosts: service.extra_hosts.map((pair) => pair.replace('=', ':')) }),
    ...(service.healthcheck && { healthCheck: healthOf(service.healthcheck) }),
    ...(service.stop_signal && { stopSignal: service.stop_signal }),
    ...(stopSeconds !== undefined && { stopSeconds }),
    ...(service.sysctls && Object.keys(service.sysctls).length > 0 && { sysctls: Object.fromEntries(Object.entries(service.sysctls).map(([key, value]) => [key, String(value)])) }),
    ...(service.ulimits && { ulimits: Object.entries(service.ulimits).map(([name, value]) => (typeof value === 'number' ? `${name}=${value}:${value}` : `${name}=${value.soft}:${value.hard}`)) }),
    ...(service.group_add?.length && { groups: service.group_add }),
    ...(service.logging?.driver && { logging: { driver: service.logging.driver, options: service.logging.options ?? {} } }),
  }
}

function healthOf({ test = [], interval, timeout, start_period: startPeriod, retries, disable }: NonNullable<ComposeConfigService['healthcheck']>): HealthCheck {
  if (disable) return { kind: 'none' }
  const times = Object.entries({ interval: secondsOf(interval), timeout: secondsOf(timeout), startPeriod: secondsOf(startPeriod), retries }).filter(([, value]) => value !== undefined)
  return { kind: 'command', test, ...Object.fromEntries(times) }
}
