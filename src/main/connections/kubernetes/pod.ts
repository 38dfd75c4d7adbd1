import type { Health, Settings } from '../recipe/settings.ts'
import type { Environment } from './environment.ts'
import type { Storage } from './storage.ts'
import { literal, nameOf, said, type Port, type Workload } from './workload.ts'

export const isNumber = (text: string) => /^\d+$/.test(text)

export function podOf(workload: Workload, storage: Storage, environment: Environment, ports: Port[]): object {
  const { settings, ends } = workload
  const { host } = settings
  return said({
    restartPolicy: ends ? (host.RestartPolicy?.Name === 'on-failure' ? 'OnFailure' : 'Never') : undefined,
    hostname: settings.hostname === undefined ? undefined : nameOf(settings.hostname),
    hostNetwork: settings.networkMode === 'host',
    hostPID: host.PidMode === 'host',
    hostIPC: host.IpcMode === 'host',
    terminationGracePeriodSeconds: settings.stopTimeout,
    hostAliases: (host.ExtraHosts ?? []).flatMap((entry) => aliasOf(entry)),
    ...(host.Dns?.length && { dnsPolicy: 'None', dnsConfig: said({ nameservers: host.Dns, searches: host.DnsSearch ?? [], options: (host.DnsOptions ?? []).map((option) => said({ name: option.split(':')[0], value: option.split(':')[1] })) }) }),
    securityContext: said({ supplementalGroups: (host.GroupAdd ?? []).filter(isNumber).map(Number), sysctls: Object.entries(host.Sysctls ?? {}).map(([key, value]) => ({ name: key, value })) }),
    containers: [containerOf(settings, storage, environment, ports)],
    volumes: storage.volumes,
  })
}

function containerOf(settings: Settings, storage: Storage, environment: Environment, ports: Port[]): object {
  const { health } = settings
  const probe = health && health !== 'none' ? probeOf(health) : undefined
  return said({
    name: nameOf(settings.name),
    image: settings.image,
    // Docker's entrypoint and command; what is left out is the image's.
    command: settings.entrypoint?.map(literal),
    args: settings.command?.map(literal),
    workingDir: settings.workingDirectory,
    stdin: settings.stdin,
    tty: settings.tty,
    ports: ports.map(({ name: id, inside, protocol }) => ({ name: id, containerPort: inside, protocol })),
    envFrom: environment.from,
    env: environment.values,
    resources: resourcesOf(settings),
    // Docker only tells; that a cluster restarts what is ill is the liveness probe's doing.
    readinessProbe: probe,
    livenessProbe: probe,
    securityContext: rightsOf(settings),
    volumeMounts: storage.mounts,
  })
}

/** Seconds, and never none: https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/ */
function probeOf({ Test = [], Interval = 0, Timeout = 0, StartPeriod = 0, Retries = 0 }: Health): object {
  const [kind, ...words] = Test ?? []
  const seconds = (nanoseconds: number, otherwise: number) => (nanoseconds > 0 ? Math.max(1, Math.round(nanoseconds / 1e9)) : otherwise)
  return said({
    exec: { command: kind === 'CMD-SHELL' ? ['/bin/sh', '-c', words.join(' ')] : words },
    initialDelaySeconds: StartPeriod > 0 ? seconds(StartPeriod, 0) : undefined,
    periodSeconds: seconds(Interval, 30),
    timeoutSeconds: seconds(Timeout, 30),
    failureThreshold: Retries || 3,
  })
}

function resourcesOf({ host: { Memory, MemoryReservation, NanoCpus } }: Settings): object {
  return said({
    limits: said({ cpu: NanoCpus ? `${Math.max(1, Math.round(NanoCpus / 1e6))}m` : undefined, memory: Memory ? String(Memory) : undefined }),
    requests: said({ memory: MemoryReservation ? String(MemoryReservation) : undefined }),
  })
}

function rightsOf({ host, user }: Settings): object {
  const [uid = '', gid = ''] = (user ?? '').split(':')
  const names = (list: string[] | null | undefined) => (list ?? []).map((capability) => capability.replace(/^CAP_/, ''))
  const rights = said({
    privileged: host.Privileged,
    readOnlyRootFilesystem: host.ReadonlyRootfs,
    runAsUser: isNumber(uid) ? Number(uid) : undefined,
    runAsGroup: isNumber(gid) ? Number(gid) : undefined,
    capabilities: said({ add: names(host.CapAdd), drop: names(host.CapDrop) }),
  })
  // Here `false` says something.
  return host.SecurityOpt?.some((option) => /^no-new-privileges(:true)?$/.test(option)) ? { ...rights, allowPrivilegeEscalation: false } : rights
}

/** `name:address`; names of one address may be several entries. */
function aliasOf(entry: string): object[] {
  const [, hostname, ip] = /^([^:=]+)[:=]\[?([^\]]+)\]?$/.exec(entry) ?? []
  return hostname !== undefined && ip !== undefined && ip !== 'host-gateway' ? [{ ip, hostnames: [hostname] }] : []
}

