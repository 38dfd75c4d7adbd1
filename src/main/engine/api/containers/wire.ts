import type { ContainerRecord, MountPoint } from '../../services/containers/record.ts'
import { aliasOf, targetOf } from '../../services/containers/links.ts'
import { commandOf } from '../../services/containers/spec-input.ts'
import type { ContainersApiNeeds } from './needs.ts'
import { networkSettingsJson, networksJson, portListJson, withOwnAliases } from './network-wire.ts'
import { stateJson, statusText } from './state-wire.ts'

export interface Sizes {
  SizeRw: number
  SizeRootFs: number
}

/** One row of `GET /containers/json`. */
export function summaryJson(needs: ContainersApiNeeds, record: ContainerRecord, sizes: Sizes | undefined, now: number, linked: ReadonlyMap<string, readonly string[]>) {
  return {
    Id: record.id,
    Names: [record.name, ...(linked.get(record.id) ?? [])].map((name) => `/${name}`),
    Image: imageNameOf(needs, record),
    ImageID: record.image.id,
    Command: commandText(record),
    Created: Math.floor(Date.parse(record.createdAt) / 1000),
    Ports: portListJson(record),
    ...sizes,
    Labels: record.config.Labels ?? {},
    State: record.state.status,
    Status: statusText(record, now),
    HostConfig: { NetworkMode: record.host.NetworkMode ?? '', ...(record.host.Annotations ? { Annotations: record.host.Annotations } : {}) },
    NetworkSettings: { Networks: networksJson(needs, record, needs.findSandbox(record.id)) },
    Mounts: record.mounts.map((mount) => mountJson(needs, mount)),
  }
}

/** The name it was made by, as long as that is the name of its image. */
function imageNameOf(needs: ContainersApiNeeds, { config, image }: ContainerRecord): string {
  return config.Image !== undefined && needs.imageIdOf(config.Image) === image.id ? config.Image : image.id
}

function commandText(record: ContainerRecord): string {
  const [path = '', ...words] = commandOf(record)
  return [path, ...words.map((word) => (word === '' || /\s/.test(word) ? `'${word.replaceAll("'", "'\\''")}'` : word))].join(' ')
}

/** `GET /containers/:id/json`. */
export function inspectJson(needs: ContainersApiNeeds, record: ContainerRecord, sizes: Sizes | undefined, apiVersion: number) {
  const [Path = '', ...Args] = commandOf(record)
  const paths = filesOf(needs, record)
  const driver = needs.graphDriver(record.id)
  const network = networkSettingsJson(needs, record, needs.findSandbox(record.id))
  return {
    Id: record.id,
    Created: record.createdAt,
    Path,
    Args,
    State: stateJson(record),
    Image: record.image.id,
    ResolvConfPath: paths.resolvConf,
    HostnamePath: paths.hostname,
    HostsPath: paths.hosts,
    LogPath: paths.log,
    Name: `/${record.name}`,
    RestartCount: record.restartCount,
    Driver: driver.name,
    Platform: record.image.platform.split('/')[0] ?? 'linux',
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: '',
    ExecIDs: execIdsOf(needs, record.id),
    HostConfig: { ...record.host, Links: linksJson(needs, record) },
    GraphDriver: { Data: { ID: record.id, ...driver.values }, Name: driver.name },
    ...sizes,
    Mounts: record.mounts.map((mount) => mountJson(needs, mount)),
    Config: configJson(record),
    NetworkSettings: apiVersion < 45 ? withOwnAliases(network, record) : network,
  }
}

/** On the default bridge both ends by their names, as Docker keeps them there; elsewhere as they were given. */
function linksJson(needs: ContainersApiNeeds, { name, host }: ContainerRecord): string[] | null {
  if (!host.Links || host.NetworkMode !== 'bridge') return host.Links ?? null
  return host.Links.map((link) => `/${needs.find(targetOf(link))?.name ?? targetOf(link)}:/${name}/${aliasOf(link)}`)
}

/** Made by the first start. */
function filesOf(needs: ContainersApiNeeds, { id, state, host }: ContainerRecord) {
  if (state.status === 'created') return { resolvConf: '', hostname: '', hosts: '', log: '' }
  const paths = needs.paths(id)
  return host.LogConfig?.Type === 'json-file' ? paths : { ...paths, log: '' }
}

function execIdsOf(needs: ContainersApiNeeds, id: string): string[] | null {
  const ids = needs.execIds(id)
  return ids.length > 0 ? ids : null
}

function configJson({ config }: ContainerRecord) {
  const { ExposedPorts, Volumes, ...rest } = config
  return {
    Hostname: '',
    Domainname: '',
    User: '',
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    ...(ExposedPorts && Object.keys(ExposedPorts).length > 0 ? { ExposedPorts } : {}),
    Tty: false,
    OpenStdin: false,
    StdinOnce: false,
    Image: '',
    Volumes: Volumes && Object.keys(Volumes).length > 0 ? Volumes : null,
    WorkingDir: '',
    ...rest,
  }
}

function mountJson(needs: ContainersApiNeeds, mount: MountPoint) {
  if (mount.kind === 'tmpfs') return { Type: 'tmpfs', Source: '', Destination: mount.target, Mode: '', RW: !mount.readonly, Propagation: '' }
  if (mount.kind === 'bind') return { Type: 'bind', Source: mount.source, Destination: mount.target, Mode: mount.mode, RW: !mount.readonly, Propagation: mount.propagation }
  return { Type: 'volume', Name: mount.volume, Source: needs.volumeMountpoint(mount.volume), Destination: mount.target, Driver: mount.driver, Mode: mount.mode, RW: !mount.readonly, Propagation: '' }
}
