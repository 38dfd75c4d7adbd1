import type { ServiceDraft } from '#shared/contract/service-draft.ts'
import { mountBody } from '../create-body.ts'
import { furtherBody } from '../further-body.ts'
import type { WireContainerSpec, WireFileUse, WireServiceSpec, WireTaskSpec, WireUpdateConfig } from './wire.ts'

const SECOND = 1e9

/** Ids of secrets and configs by their names. */
export interface FileIds {
  secrets: ReadonlyMap<string, string>
  configs: ReadonlyMap<string, string>
}

/** Docker's service of a draft. What `before` has and a draft cannot say stays. */
export function specOf(draft: ServiceDraft, files: FileIds, before?: WireServiceSpec): WireServiceSpec {
  const update: WireUpdateConfig = { Parallelism: draft.update.parallelism, Delay: Math.round(draft.update.delay * SECOND), FailureAction: draft.update.onFailure, Order: draft.update.order }
  return {
    ...before,
    Name: draft.name,
    Labels: draft.labels,
    TaskTemplate: taskOf(draft, files, before?.TaskTemplate),
    Mode: draft.mode === 'global' ? { Global: {} } : { Replicated: { Replicas: draft.replicas } },
    UpdateConfig: { ...before?.UpdateConfig, ...update },
    RollbackConfig: before?.RollbackConfig ?? { ...update, FailureAction: 'pause' },
    EndpointSpec: {
      ...before?.EndpointSpec,
      Mode: draft.endpointMode,
      Ports: draft.ports.map(({ target, published, protocol, mode }) => ({ Protocol: protocol, TargetPort: target, ...(published !== undefined && { PublishedPort: published }), PublishMode: mode })),
    },
  }
}

function taskOf(draft: ServiceDraft, files: FileIds, before: WireTaskSpec = {}): WireTaskSpec {
  const { limits, reservations, restart } = draft
  const { host } = furtherBody(draft)
  const log = host.LogConfig?.Type
  return {
    ...before,
    ContainerSpec: containerOf(draft, files, before.ContainerSpec),
    Resources: { ...before.Resources, Limits: resources(limits), Reservations: { ...before.Resources?.Reservations, ...resources(reservations) } },
    RestartPolicy: { ...before.RestartPolicy, Condition: restart.condition, MaxAttempts: restart.attempts ?? 0 },
    Placement: { ...before.Placement, Constraints: draft.constraints, Preferences: draft.spread.map((SpreadDescriptor) => ({ Spread: { SpreadDescriptor } })), MaxReplicas: draft.mostPerNode },
    Networks: draft.networks.map(({ network, aliases }) => ({ ...before.Networks?.find(({ Target }) => Target === network), Target: network, ...(aliases?.length && { Aliases: aliases }) })),
    ...(draft.logging && log && { LogDriver: { Name: log, Options: host.LogConfig?.Config ?? {} } }),
  }
}

const resources = ({ cpus, memoryBytes, pids }: { cpus?: number; memoryBytes?: number; pids?: number }) => ({
  NanoCPUs: cpus === undefined ? 0 : Math.round(cpus * 1e9),
  MemoryBytes: memoryBytes ?? 0,
  ...(pids !== undefined && pids > 0 && { Pids: pids }),
})

function containerOf(draft: ServiceDraft, files: FileIds, before?: WireContainerSpec): WireContainerSpec {
  const { config, host } = furtherBody(draft)
  const mounts = draft.mounts.map((mount) => ({ ...before?.Mounts?.find(({ Type, Target }) => Type === mount.kind && Target === mount.target), ...(mountBody(mount) as { Type: string; Target: string }) }))
  return {
    ...before,
    Image: imageOf(draft.image, before?.Image),
    Labels: draft.containerLabels,
    Command: draft.entrypoint,
    Args: draft.command,
    Hostname: draft.hostname ?? '',
    Env: draft.environment,
    Dir: draft.workingDirectory ?? '',
    User: draft.user ?? '',
    TTY: draft.tty ?? false,
    ReadOnly: draft.readOnlyRoot ?? false,
    Init: draft.init,
    Mounts: mounts,
    Healthcheck: config.Healthcheck ?? undefined,
    StopSignal: draft.stopSignal ?? '',
    StopGracePeriod: draft.stopSeconds === undefined ? undefined : Math.max(0, draft.stopSeconds) * SECOND,
    CapabilityAdd: draft.capabilitiesAdded,
    CapabilityDrop: draft.capabilitiesDropped,
    Groups: draft.groups,
    Sysctls: draft.sysctls,
    Ulimits: host.Ulimits ?? undefined,
    Hosts: draft.extraHosts?.map(hostsLine),
    DNSConfig: draft.dnsServers || draft.dnsSearch || before?.DNSConfig ? { ...before?.DNSConfig, Nameservers: draft.dnsServers, Search: draft.dnsSearch } : undefined,
    Secrets: draft.secrets.map(({ name, file }) => fileUse('Secret', name, file, files.secrets, before?.Secrets)),
    Configs: draft.configs.map(({ name, file }) => fileUse('Config', name, file, files.configs, before?.Configs)),
  }
}

/** The digest that is known of an image stays with it. */
const imageOf = (image: string, before = ''): string => (before.startsWith(`${image}@`) ? before : image)

function fileUse(kind: 'Secret' | 'Config', name: string, file: string, ids: ReadonlyMap<string, string>, before: readonly WireFileUse[] | null | undefined): WireFileUse {
  const known = before?.find((each) => each[`${kind}Name`] === name)
  return { File: { UID: '0', GID: '0', Mode: 0o444, ...known?.File, Name: file }, [`${kind}ID`]: ids.get(name) ?? name, [`${kind}Name`]: name }
}

/** `name:address` becomes a line of /etc/hosts. */
function hostsLine(pair: string): string {
  const at = pair.indexOf(':')
  return `${pair.slice(at + 1)} ${pair.slice(0, at)}`
}
