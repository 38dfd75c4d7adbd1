import type { ComposeConfig, ComposeConfigService } from '../compose/compose-config.ts'
import { readProjectFile } from '../compose/project-file.ts'
import { secondsOf } from '../compose/seconds-of.ts'
import type { Health, Settings, WireHost } from '../recipe/settings.ts'
import { workloadOf, type Workload, type WorkloadFile } from './workload.ts'

/** Keys of compose that no container of Docker has, or that are read here and nowhere else. */
interface Service extends ComposeConfigService {
  container_name?: string
  depends_on?: Record<string, { condition?: string } | null> | null
  devices?: unknown[] | null
  domainname?: string
  expose?: (string | number)[] | null
  external_links?: string[] | null
  gpus?: unknown
  ipc?: string
  links?: string[] | null
  mac_address?: string
  mem_reservation?: string | number
  network_mode?: string
  pid?: string
  privileged?: boolean
  runtime?: string
  scale?: number
  security_opt?: string[] | null
  shm_size?: string | number
  stdin_open?: boolean
  volumes_from?: string[] | null
}

/** A compose file, as compose itself understood it, as what a cluster is to run. */
export async function workloadsOfCompose(config: ComposeConfig, environment: NodeJS.ProcessEnv = process.env): Promise<Workload[]> {
  const services = Object.entries(config.services ?? {}).map(([key, service]): [string, Service] => [key, service])
  const awaited = new Set(services.flatMap(([, { depends_on: needs }]) => Object.entries(needs ?? {}).flatMap(([key, need]) => (need?.condition === 'service_completed_successfully' ? key : []))))
  const built = new Set(services.flatMap(([key, service]) => (service.build ? imageOf(config, key, service) : [])))
  return Promise.all(
    services.map(async ([key, service]) =>
      workloadOf(settingsOf(config, key, service), {
        project: config.name,
        replicas: service.deploy?.replicas ?? service.scale ?? 1,
        aliases: [...new Set([...(service.container_name ? [service.container_name] : []), ...Object.values(service.networks ?? {}).flatMap((use) => use?.aliases ?? [])])].filter((alias) => alias !== key),
        dependsOn: Object.entries(service.depends_on ?? {}).map(([other, need]) => ({ service: other, condition: need?.condition ?? 'service_started' })),
        ends: awaited.has(key) || /^(no$|on-failure)/.test(restartOf(service)),
        files: await filesOf(config, service, environment),
        local: built.has(imageOf(config, key, service)),
        unsaid: unsaidOf(service),
      }),
    ),
  )
}

/** How a swarm spreads and replaces tasks. */
function unsaidOf({ deploy }: Service): string[] {
  const { mode = 'replicated', endpoint_mode, placement, update_config, rollback_config } = deploy ?? {}
  const said = (value: object | undefined) => Object.values(value ?? {}).some((inner) => inner !== null && inner !== undefined && String(inner) !== '')
  return [
    ...(mode === 'replicated' ? [] : [`deploy.mode: ${mode}`]),
    ...(endpoint_mode ? ['deploy.endpoint_mode'] : []),
    ...Object.entries({ placement, update_config, rollback_config }).flatMap(([key, value]) => (said(value) ? [`deploy.${key}`] : [])),
  ]
}

/** As compose names what it builds. */
const imageOf = ({ name }: ComposeConfig, key: string, { image }: Service): string => image ?? `${name}-${key}`.toLowerCase()

/** The deployment's own rule goes before the container's. */
function restartOf({ restart = '', deploy }: Service): string {
  const { condition, max_attempts: attempts } = deploy?.restart_policy ?? {}
  if (condition === undefined) return restart
  return condition === 'none' ? 'no' : condition === 'on-failure' && attempts ? `on-failure:${attempts}` : condition
}

async function filesOf({ configs, secrets }: ComposeConfig, service: Service, environment: NodeJS.ProcessEnv): Promise<WorkloadFile[]> {
  const read = (tables: ComposeConfig['configs'], secret: boolean, root: string) => async ({ source, target }: { source: string; target?: string }): Promise<WorkloadFile> => {
    const file = await readProjectFile(tables?.[source]?.external ? (tables[source]?.name ?? source) : source, tables?.[source] ?? {}, environment)
    const path = target ?? source
    return { name: file.name, target: path.startsWith('/') ? path : root + path, secret, ...(file.value && { value: file.value.toString() }) }
  }
  return Promise.all([...(service.configs ?? []).map(read(configs, false, '/')), ...(service.secrets ?? []).map(read(secrets, true, '/run/secrets/'))])
}

function settingsOf(config: ComposeConfig, key: string, service: Service): Settings {
  const seconds = secondsOf(service.stop_grace_period)
  const health = healthOf(service.healthcheck)
  return {
    name: key,
    image: imageOf(config, key, service),
    ...(service.entrypoint && { entrypoint: service.entrypoint }),
    ...(service.command && { command: service.command }),
    environment: Object.entries(service.environment ?? {}).flatMap(([name, value]) => (value === null ? [] : `${name}=${value}`)),
    missing: [],
    labels: Object.entries(service.labels ?? {}),
    exposed: (service.expose ?? []).map((port) => (String(port).includes('/') ? String(port) : `${port}/tcp`)),
    anonymous: (service.volumes ?? []).flatMap(({ type, source, target }) => (type === 'volume' && !source ? target : [])),
    ...(service.working_dir && { workingDirectory: service.working_dir }),
    ...(service.user && { user: service.user }),
    ...(service.hostname && { hostname: service.hostname }),
    ...(service.stop_signal && { stopSignal: service.stop_signal }),
    ...(seconds !== undefined && { stopTimeout: Math.ceil(seconds) }),
    ...(health && { health }),
    tty: service.tty ?? false,
    stdin: service.stdin_open ?? false,
    ...(service.mac_address && { mac: service.mac_address }),
    ...(service.network_mode && /^(host|none|container:|service:)/.test(service.network_mode) && { networkMode: service.network_mode.replace(/^service:/, 'container:') }),
    networks: [],
    ...(service.logging?.driver && { logs: { driver: service.logging.driver, options: Object.entries(service.logging.options ?? {}) } }),
    ...(service.runtime && { runtime: service.runtime }),
    unmasked: false,
    host: hostOf(service),
  }
}

function hostOf(service: Service): WireHost {
  const { limits, reservations } = service.deploy?.resources ?? {}
  const [cpus, memory, reserved] = [limits?.cpus ?? service.cpus, limits?.memory ?? service.mem_limit, reservations?.memory ?? service.mem_reservation].map(Number)
  const [, policy = '', attempts = ''] = /^([a-z-]*):?(\d*)$/.exec(restartOf(service)) ?? []
  return {
    ...mountsOf(service),
    PortBindings: portsOf(service),
    RestartPolicy: { Name: policy, MaximumRetryCount: Number(attempts) },
    ...(cpus && { NanoCpus: cpus * 1e9 }),
    ...(memory && { Memory: memory }),
    ...(reserved && { MemoryReservation: reserved }),
    ...(service.shm_size && { ShmSize: Number(service.shm_size) }),
    PidsLimit: limits?.pids ?? service.pids_limit ?? null,
    CapAdd: service.cap_add ?? null,
    CapDrop: service.cap_drop ?? null,
    Privileged: service.privileged ?? false,
    ReadonlyRootfs: service.read_only ?? false,
    Devices: (service.devices ?? []).map(() => ({ PathOnHost: '', PathInContainer: '' })),
    DeviceRequests: service.gpus ? [service.gpus] : null,
    Dns: service.dns ?? null,
    DnsSearch: service.dns_search ?? null,
    ExtraHosts: service.extra_hosts ?? null,
    GroupAdd: service.group_add ?? null,
    Init: service.init ?? null,
    Links: [...(service.links ?? []), ...(service.external_links ?? [])],
    Ulimits: Object.keys(service.ulimits ?? {}).map((Name) => ({ Name, Soft: 0, Hard: 0 })),
    Sysctls: Object.fromEntries(Object.entries(service.sysctls ?? {}).map(([name, value]) => [name, String(value)])),
    SecurityOpt: service.security_opt ?? null,
    VolumesFrom: service.volumes_from ?? null,
    ...(service.pid && { PidMode: service.pid }),
    ...(service.ipc && { IpcMode: service.ipc }),
  }
}

/** Volumes by their names within the project, so that what it is called there is what it is called here. */
function mountsOf(service: Service): Pick<WireHost, 'Mounts' | 'Tmpfs'> {
  return {
    Mounts: (service.volumes ?? []).flatMap(({ type, source, target, read_only: readOnly = false }) => (type === 'tmpfs' || (type === 'volume' && !source) ? [] : [{ Type: type, Source: source ?? '', Target: target, ReadOnly: readOnly }])),
    Tmpfs: Object.fromEntries([...(service.volumes ?? []).flatMap(({ type, target }): [string, string][] => (type === 'tmpfs' ? [[target, '']] : [])), ...[service.tmpfs ?? []].flat().map((entry): [string, string] => [entry.split(':')[0] ?? '', entry.split(':').slice(1).join(':')])]),
  }
}

const portsOf = ({ ports }: Service): WireHost['PortBindings'] =>
  Object.fromEntries([...Map.groupBy(ports ?? [], ({ target, protocol = 'tcp' }) => `${target}/${protocol}`)].map(([key, places]) => [key, places.map(({ published, host_ip: ip = '' }) => ({ HostIp: ip, HostPort: published?.split('-')[0] ?? '' }))]))

function healthOf(check: ComposeConfigService['healthcheck']): Health | 'none' | undefined {
  if (!check) return undefined
  if (check.disable || check.test?.[0] === 'NONE') return 'none'
  const nanoseconds = (text: string | undefined) => (secondsOf(text) ?? 0) * 1e9
  return check.test ? { Test: check.test, Interval: nanoseconds(check.interval), Timeout: nanoseconds(check.timeout), StartPeriod: nanoseconds(check.start_period), Retries: check.retries ?? 0 } : undefined
}
