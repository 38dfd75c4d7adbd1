import type { FurtherSettings, HealthCheck } from '#shared/contract/container-settings.ts'
import type { WireConfig, WireHealthcheck, WireHostConfig } from './wire/inspect.ts'

const SECOND = 1e9

/** The settings that few containers need, as they lie in HostConfig. */
export const furtherInHost: { [Key in keyof FurtherSettings]?: (settings: FurtherSettings) => Partial<WireHostConfig> } = {
  capabilitiesAdded: ({ capabilitiesAdded }) => ({ CapAdd: capabilitiesAdded ?? null }),
  capabilitiesDropped: ({ capabilitiesDropped }) => ({ CapDrop: capabilitiesDropped ?? null }),
  privileged: ({ privileged }) => ({ Privileged: privileged ?? false }),
  readOnlyRoot: ({ readOnlyRoot }) => ({ ReadonlyRootfs: readOnlyRoot ?? false }),
  init: ({ init }) => ({ Init: init ?? null }),
  devices: ({ devices = [] }) => ({ Devices: devices.map(({ host, container, permissions }) => ({ PathOnHost: host, PathInContainer: container, CgroupPermissions: permissions })) }),
  dnsServers: ({ dnsServers }) => ({ Dns: dnsServers ?? [] }),
  dnsSearch: ({ dnsSearch }) => ({ DnsSearch: dnsSearch ?? [] }),
  extraHosts: ({ extraHosts }) => ({ ExtraHosts: extraHosts ?? null }),
  logging: ({ logging }) => ({ LogConfig: logging ? { Type: logging.driver, Config: logging.options } : { Type: '', Config: {} } }),
  shmBytes: ({ shmBytes }) => ({ ShmSize: shmBytes ?? 0 }),
  sysctls: ({ sysctls }) => ({ Sysctls: sysctls ?? null }),
  ulimits: ({ ulimits = [] }) => ({ Ulimits: ulimits.map(readUlimit) }),
  groups: ({ groups }) => ({ GroupAdd: groups ?? null }),
  securityOptions: ({ securityOptions }) => ({ SecurityOpt: securityOptions ?? null }),
}

function readUlimit(text: string): { Name: string; Soft: number; Hard: number } {
  const [, name = text, soft = '0', hard = soft] = /^([a-z]+)=(-?\d+)(?::(-?\d+))?$/.exec(text) ?? []
  return { Name: name, Soft: Number(soft), Hard: Number(hard) }
}

function healthBody(check: HealthCheck): WireHealthcheck {
  if (check.kind === 'none') return { Test: ['NONE'] }
  const nano = (seconds: number | undefined) => (seconds === undefined ? 0 : Math.round(seconds * SECOND))
  return { Test: check.test, Interval: nano(check.interval), Timeout: nano(check.timeout), StartPeriod: nano(check.startPeriod), Retries: check.retries ?? 0 }
}

/** Those that lie in the configuration itself. */
export const furtherInConfig: { [Key in keyof FurtherSettings]?: (settings: FurtherSettings) => Partial<WireConfig> } = {
  healthCheck: ({ healthCheck }) => ({ Healthcheck: healthCheck && healthBody(healthCheck) }),
  stopSignal: ({ stopSignal }) => ({ StopSignal: stopSignal ?? '' }),
  stopSeconds: ({ stopSeconds }) => ({ StopTimeout: stopSeconds ?? null }),
}

/** What of them a new container is given: only what was said. */
export function furtherBody(settings: FurtherSettings): { config: Partial<WireConfig>; host: Partial<WireHostConfig> } {
  const said = (Object.keys(settings) as (keyof FurtherSettings)[]).filter((key) => settings[key] !== undefined)
  const host: Partial<WireHostConfig> = Object.assign({}, ...said.map((key) => furtherInHost[key]?.(settings)))
  return { config: Object.assign({}, ...said.map((key) => furtherInConfig[key]?.(settings))), host }
}
