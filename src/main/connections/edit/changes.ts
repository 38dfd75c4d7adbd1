import type { ContainerSettings, HealthCheck, NetworkJoin } from '#shared/contract/container-settings.ts'
import type { EditChange } from '#shared/contract/edit.ts'
import type { MountRequest, PortMapping } from '#shared/contract/containers.ts'

type Setting = keyof ContainerSettings
/** A setting as lines that can be compared and shown, in the words of the command line. */
const lines: { [Key in Setting]: (settings: ContainerSettings) => string[] } = {
  name: ({ name }) => [name],
  image: ({ image }) => [image],
  command: ({ command }) => words(command),
  entrypoint: ({ entrypoint }) => words(entrypoint),
  environment: ({ environment }) => environment,
  workingDirectory: ({ workingDirectory }) => text(workingDirectory),
  user: ({ user }) => text(user),
  hostname: ({ hostname }) => text(hostname),
  tty: ({ tty }) => flag(tty),
  interactive: ({ interactive }) => flag(interactive),
  ports: ({ ports }) => ports.map(portLine),
  publishAll: ({ publishAll }) => flag(publishAll),
  mounts: ({ mounts }) => mounts.map(mountLine),
  networkMode: ({ networkMode }) => text(networkMode),
  networks: ({ networks }) => networks.map(joinLine),
  restart: ({ restart: { policy, maximumRetries } }) => [maximumRetries ? `${policy}:${maximumRetries}` : policy],
  limits: ({ limits }) => Object.entries(limits).filter(([, value]) => value !== undefined).map(([key, value]) => `${key}=${value}`),
  labels: ({ labels }) => table(labels),
  capabilitiesAdded: ({ capabilitiesAdded }) => capabilitiesAdded ?? [],
  capabilitiesDropped: ({ capabilitiesDropped }) => capabilitiesDropped ?? [],
  privileged: ({ privileged }) => flag(privileged),
  readOnlyRoot: ({ readOnlyRoot }) => flag(readOnlyRoot),
  init: ({ init }) => flag(init),
  devices: ({ devices = [] }) => devices.map(({ host, container, permissions }) => `${host}:${container}:${permissions}`),
  dnsServers: ({ dnsServers }) => dnsServers ?? [],
  dnsSearch: ({ dnsSearch }) => dnsSearch ?? [],
  extraHosts: ({ extraHosts }) => extraHosts ?? [],
  logging: ({ logging }) => (logging ? [logging.driver, ...table(logging.options)] : []),
  healthCheck: ({ healthCheck }) => healthLines(healthCheck),
  stopSignal: ({ stopSignal }) => text(stopSignal),
  stopSeconds: ({ stopSeconds }) => text(stopSeconds?.toString()),
  shmBytes: ({ shmBytes }) => text(shmBytes?.toString()),
  sysctls: ({ sysctls }) => table(sysctls ?? {}),
  ulimits: ({ ulimits }) => ulimits ?? [],
  groups: ({ groups }) => groups ?? [],
  securityOptions: ({ securityOptions }) => securityOptions ?? [],
}
const settingNames = Object.keys(lines) as Setting[]
/** Order says nothing in these. */
const unordered = new Set<Setting>(['environment', 'ports', 'mounts', 'networks', 'labels', 'capabilitiesAdded', 'capabilitiesDropped', 'devices', 'sysctls', 'ulimits', 'groups', 'securityOptions', 'extraHosts'])

export type Difference = Omit<EditChange, 'live'>

/** What differs, setting by setting. */
export function differences(before: ContainerSettings, after: ContainerSettings): Difference[] {
  return settingNames.flatMap((setting) => {
    const [old, fresh] = [lines[setting](before), lines[setting](after)]
    const [removed, added] = [without(old, fresh), without(fresh, old)]
    if (removed.length > 0 || added.length > 0) return [{ setting, removed, added }]
    return unordered.has(setting) || old.join('\0') === fresh.join('\0') ? [] : [{ setting, removed: old, added: fresh }]
  })
}

const without = (list: readonly string[], other: readonly string[]) => list.filter((each) => !other.includes(each))
const text = (value: string | undefined) => (value ? [value] : [])
const flag = (value: boolean | undefined) => (value ? ['true'] : [])
const table = (values: Record<string, string>) => Object.entries(values).map(([key, value]) => `${key}=${value}`)
const words = (list: readonly string[]) => (list.length > 0 ? [list.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))).join(' ')] : [])

export function portLine({ hostIp, hostPort, containerPort, protocol }: PortMapping): string {
  const ip = hostIp ? `${hostIp.includes(':') ? `[${hostIp}]` : hostIp}:` : ''
  return `${ip}${hostPort ?? '*'} → ${containerPort}/${protocol}`
}
export const mountLine = (mount: MountRequest): string =>
  mount.kind === 'tmpfs' ? `tmpfs → ${mount.target}` : `${mount.source ?? 'anonymous'} → ${mount.target}${mount.readOnly ? ' (ro)' : ''}`

export const joinLine = ({ network, aliases = [], ipv4, ipv6, mac, driverOptions = {}, gatewayPriority }: NetworkJoin): string => [network, ipv4, ipv6, mac, aliases.length > 0 && `alias ${aliases.join(', ')}`, ...table(driverOptions), gatewayPriority && `priority ${gatewayPriority}`].filter(Boolean).join(' · ')

function healthLines(check: HealthCheck | undefined): string[] {
  if (!check) return []
  if (check.kind === 'none') return ['none']
  const { test, interval, timeout, startPeriod, retries } = check
  return [...words(test), ...Object.entries({ interval, timeout, startPeriod, retries }).filter(([, value]) => value !== undefined).map(([key, value]) => `${key}=${value}`)]
}
