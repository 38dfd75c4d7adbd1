import type { ContainerSettings, NetworkJoin } from '#shared/contract/container-settings.ts'
import type { MountRequest } from '#shared/contract/containers.ts'
import { mountBody, portBindings, portKey } from '../create-body.ts'
import { furtherInConfig, furtherInHost } from '../further-body.ts'
import { joinBody } from '../join-body.ts'
import { differences, mountLine } from './changes.ts'
import { bindTarget, ownEnvironment, ownHostname, primaryNetwork, specialMode } from './read-settings.ts'
import type { WireConfig, WireEndpoint, WireHostConfig, WireImage, WireInspect, WireMountSpec } from '../wire/inspect.ts'

const SECOND = 1e9

export interface Successor {
  /** Of POST /containers/create. */
  body: object
  /** Joined after the create, in this order: engines before API 1.44 take one network at create. */
  joins: { network: string; endpoint: WireEndpoint }[]
}

export interface SuccessorParts {
  wire: WireInspect
  before: ContainerSettings
  after: ContainerSettings
  /** What to create it from, as the engine is to understand it. */
  image: string
  /** The image it was made from and the one it will be, when they differ: what it had from the first is left to the second. */
  replaced?: { old: WireImage; next: WireImage } | undefined
}

/**
 * What to create in place of the old container. It is the old one's own configuration, with only what the edit changes written anew, so that
 * settings no form shows survive. Its restart policy waits until it has taken the place: a successor that cannot start must not be tried for ever.
 */
export function successorOf({ wire, before, after, image, replaced }: SuccessorParts): Successor {
  const changed = new Set(differences(before, after).map(({ setting }) => setting))
  const own = { ...wire.Config, Env: ownEnvironment(wire) }
  const config: WireConfig = { ...(replaced ? leftToImage(own, replaced.old) : own), Image: image, Hostname: ownHostname(wire) ?? '' }
  const host: WireHostConfig = { ...wire.HostConfig, RestartPolicy: { Name: 'no', MaximumRetryCount: 0 }, Links: createLinks(wire.HostConfig.Links), ...carriedMounts(wire, before, after) }
  for (const setting of changed) {
    Object.assign(config, configChanges[setting]?.(after, config))
    Object.assign(host, hostChanges[setting]?.(after, host))
  }
  // The environment is written line by line: of a list that came partly from the image only the user's lines are kept.
  if (changed.has('environment') && replaced) config.Env = after.environment.filter((line) => !(replaced.old.Config?.Env ?? []).includes(line))
  const [first, ...others] = after.networkMode === undefined ? after.networks.map((join) => ({ network: join.network, endpoint: endpointOf(wire, join) })) : []
  host.NetworkMode = after.networkMode ?? networkMode(wire, first?.network)
  // A host that shares a stack has no name of its own.
  if (specialMode(host.NetworkMode) && host.NetworkMode !== 'none') config.Hostname = ''
  const NetworkingConfig = first && { EndpointsConfig: { [first.network]: first.endpoint } }
  return { body: { ...config, HostConfig: host, NetworkingConfig }, joins: others }
}

/** "default" stays what it is while its network is; Docker makes bridge of it. */
function networkMode(wire: WireInspect, first: string | undefined): string {
  const mode = wire.HostConfig.NetworkMode ?? 'default'
  if (first === undefined) return 'none'
  return primaryNetwork(wire) === first && !specialMode(mode) ? mode : first
}

const configChanges: { [Key in keyof ContainerSettings]?: (after: ContainerSettings, config: WireConfig) => Partial<WireConfig> } = {
  command: ({ command }) => ({ Cmd: command }),
  entrypoint: ({ entrypoint }) => ({ Entrypoint: entrypoint }),
  environment: ({ environment }) => ({ Env: environment }),
  workingDirectory: ({ workingDirectory }) => ({ WorkingDir: workingDirectory }),
  user: ({ user }) => ({ User: user }),
  hostname: ({ hostname }) => ({ Hostname: hostname }),
  tty: ({ tty }) => ({ Tty: tty }),
  interactive: ({ interactive }) => ({ OpenStdin: interactive }),
  ports: ({ ports }, { ExposedPorts }) => ({ ExposedPorts: { ...ExposedPorts, ...Object.fromEntries(ports.map((port) => [portKey(port), {}])) } }),
  labels: ({ labels }) => ({ Labels: labels }),
  // A volume of the image's comes back all the same.
  mounts: ({ mounts }, { Volumes }) => ({ Volumes: Object.fromEntries(Object.entries(Volumes ?? {}).filter(([target]) => mounts.some((mount) => mount.target === target))) }),
  ...furtherInConfig,
}

const hostChanges: { [Key in keyof ContainerSettings]?: (after: ContainerSettings, host: WireHostConfig) => Partial<WireHostConfig> } = {
  ports: ({ ports }) => ({ PortBindings: portBindings(ports) }),
  publishAll: ({ publishAll }) => ({ PublishAllPorts: publishAll }),
  limits: ({ limits }, { Memory, MemorySwap }) => ({
    Memory: limits.memoryBytes ?? 0,
    MemorySwap: (limits.memoryBytes ?? 0) === (Memory ?? 0) ? MemorySwap : 0,
    NanoCpus: limits.cpus === undefined ? 0 : Math.round(limits.cpus * SECOND),
    PidsLimit: limits.pids ?? 0,
  }),
  ...furtherInHost,
}

/**
 * Mounts that stay keep the words they were asked for in (`:z`, propagation, subpaths). Anonymous volumes are named, or the successor would get
 * new empty ones; what is new or different becomes a mount, which refuses a folder that is not there instead of making it.
 */
function carriedMounts(wire: WireInspect, before: ContainerSettings, after: ContainerSettings): Pick<WireHostConfig, 'Binds' | 'Mounts' | 'Tmpfs'> {
  const { HostConfig: host } = wire
  const old = new Map(before.mounts.map((mount) => [mount.target, mountLine(mount)]))
  const stays = new Set(after.mounts.filter((mount) => old.get(mount.target) === mountLine(mount)).map(({ target }) => target))
  // An anonymous volume asked for as `/data` alone has no second part.
  const binds = (host.Binds ?? []).filter((bind) => bind.includes(':') && stays.has(bindTarget(bind)))
  const specs = (host.Mounts ?? []).filter(({ Target }) => stays.has(Target)).map((spec) => withSource(spec, after.mounts))
  const tmpfs = Object.fromEntries(Object.entries(host.Tmpfs ?? {}).filter(([target]) => stays.has(target)))
  const told = new Set([...binds.map(bindTarget), ...specs.map(({ Target }) => Target), ...Object.keys(tmpfs)])
  return { Binds: binds, Mounts: [...specs, ...after.mounts.filter(({ target }) => !told.has(target)).map((mount) => mountBody(mount) as WireMountSpec)], Tmpfs: tmpfs }
}

function withSource(spec: WireMountSpec, mounts: readonly MountRequest[]): WireMountSpec {
  const mount = mounts.find(({ target }) => target === spec.Target)
  return spec.Type === 'volume' && !spec.Source && mount?.kind === 'volume' ? { ...spec, Source: mount.source } : spec
}

/** What joins do not tell is carried over from an endpoint that stays. */
function endpointOf(wire: WireInspect, join: NetworkJoin): WireEndpoint {
  const { IPAMConfig, Links } = wire.NetworkSettings?.Networks?.[join.network] ?? {}
  const body: WireEndpoint = joinBody(join)
  const LinkLocalIPs = IPAMConfig?.LinkLocalIPs
  return { ...body, ...(LinkLocalIPs?.length && { IPAMConfig: { ...body.IPAMConfig, LinkLocalIPs } }), ...(Links?.length && { Links }) }
}

/** Inspect tells `/db:/web/database`, create wants `db:database`. */
const createLinks = (links: string[] | null | undefined) => links?.map((link) => link.replace(/^\//, '').replace(/:.*\//, ':')) ?? null

/** What the container has from its image, taken out, so that another image can say it. */
function leftToImage(config: WireConfig, { Config: image }: WireImage): WireConfig {
  const same = (a: unknown, b: unknown) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null)
  const left: WireConfig = { ...config, Env: (config.Env ?? []).filter((line) => !(image?.Env ?? []).includes(line)), Labels: Object.fromEntries(Object.entries(config.Labels ?? {}).filter(([key, value]) => image?.Labels?.[key] !== value)) }
  if (same(config.Entrypoint, image?.Entrypoint)) {
    left.Entrypoint = null
    if (same(config.Cmd, image?.Cmd)) left.Cmd = null
  }
  for (const key of ['WorkingDir', 'User', 'StopSignal'] as const) if (same(config[key], image?.[key])) left[key] = ''
  for (const key of ['Healthcheck', 'ExposedPorts', 'Volumes'] as const) if (same(config[key], image?.[key])) left[key] = null
  return left
}
