import { stringify } from 'yaml'
import type { Recipe } from '#shared/contract/containers.ts'
import { volumesOf, type Storage } from './kubernetes-storage.ts'
import { commonRemarks, type Health, type Settings } from './settings.ts'

/**
 * The container as manifests for Kubernetes: a StatefulSet where it has named volumes, else a Deployment; a Service for its ports; a ConfigMap and a Secret
 * for its variables. What a cluster has no words for, or what stays on this machine, is in the remarks. https://kubernetes.io/docs/reference/kubernetes-api/
 */
export function kubernetesManifests(settings: Settings): Recipe {
  const name = nameOf(settings.name)
  const storage = volumesOf(settings, nameOf)
  const environment = environmentOf(settings, name)
  const ports = portsOf(settings)
  const documents = [...environment.documents, ...serviceOf(name, ports, storage), workloadOf(settings, name, storage, environment, ports)]
  return { text: documents.map((one) => stringify(one, { lineWidth: 0, aliasDuplicateObjects: false })).join('---\n'), remarks: [...commonRemarks(settings), ...storage.remarks, ...remarksOf(settings, ports)] }
}

/** A label of RFC 1035, which is what a Service wants. */
function nameOf(text: string): string {
  const plain = text.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+/, '')
  return (/^[a-z]/.test(plain) ? plain : `c-${plain}`).slice(0, 52).replace(/-+$/, '')
}

const labelsOf = (name: string) => ({ 'app.kubernetes.io/name': name })

function workloadOf(settings: Settings, name: string, storage: Storage, environment: Environment, ports: Port[]): object {
  const kept = storage.claims.length > 0
  return {
    apiVersion: 'apps/v1',
    kind: kept ? 'StatefulSet' : 'Deployment',
    metadata: { name, labels: labelsOf(name) },
    spec: said({
      replicas: 1,
      serviceName: kept ? name : undefined,
      selector: { matchLabels: labelsOf(name) },
      template: { metadata: said({ labels: labelsOf(name), annotations: annotationsOf(settings) }), spec: podOf(settings, name, storage, environment, ports) },
      volumeClaimTemplates: storage.claims,
    }),
  }
}

function podOf(settings: Settings, name: string, storage: Storage, environment: Environment, ports: Port[]): object {
  const { host } = settings
  return said({
    hostname: settings.hostname === undefined ? undefined : nameOf(settings.hostname),
    hostNetwork: settings.networkMode === 'host',
    hostPID: host.PidMode === 'host',
    hostIPC: host.IpcMode === 'host',
    terminationGracePeriodSeconds: settings.stopTimeout,
    hostAliases: (host.ExtraHosts ?? []).flatMap((entry) => aliasOf(entry)),
    ...(host.Dns?.length && { dnsPolicy: 'None', dnsConfig: said({ nameservers: host.Dns, searches: host.DnsSearch ?? [], options: (host.DnsOptions ?? []).map((option) => said({ name: option.split(':')[0], value: option.split(':')[1] })) }) }),
    securityContext: said({ supplementalGroups: (host.GroupAdd ?? []).filter(isNumber).map(Number), sysctls: Object.entries(host.Sysctls ?? {}).map(([key, value]) => ({ name: key, value })) }),
    containers: [containerOf(settings, name, storage, environment, ports)],
    volumes: storage.volumes,
  })
}

function containerOf(settings: Settings, name: string, storage: Storage, environment: Environment, ports: Port[]): object {
  const { health } = settings
  const probe = health && health !== 'none' ? probeOf(health) : undefined
  return said({
    name,
    image: settings.image,
    // Docker's entrypoint and command; what is left out is the image's. A reference to a variable is written with one dollar more to be none.
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

interface Port {
  name: string
  inside: number
  /** Of the service. */
  outside: number
  protocol: string
  /** Reached from outside of the machine. */
  open: boolean
  /** On this machine's own address only. */
  loopback: boolean
}

function portsOf({ host, exposed }: Settings): Port[] {
  const published = Object.entries(host.PortBindings ?? {}).flatMap(([key, places]) => (places ?? []).map(({ HostIp: ip = '', HostPort = '' }) => ({ key, outside: Number(HostPort), open: !isLoopback(ip), loopback: isLoopback(ip) })))
  const all = [...published, ...exposed.map((key) => ({ key, outside: 0, open: false, loopback: false }))].map(({ key, outside, ...rest }) => {
    const [inside = '', protocol = 'tcp'] = key.split('/')
    return { name: `${protocol}-${outside || Number(inside)}`, inside: Number(inside), outside: outside || Number(inside), protocol: protocol.toUpperCase(), ...rest }
  })
  // IPv4 and IPv6 of one port are one.
  return [...new Map(all.map((port) => [port.name, port])).values()]
}
const isLoopback = (ip: string) => /^(127\.|::1$)/.test(ip)

/** A StatefulSet wants a service even where nothing listens. */
function serviceOf(name: string, ports: Port[], { claims }: Storage): object[] {
  if (ports.length === 0 && claims.length === 0) return []
  const served = ports.map(({ name: id, outside, protocol }) => ({ name: id, port: outside, targetPort: id, protocol }))
  const kind = ports.length === 0 ? { clusterIP: 'None' } : { type: ports.some(({ open }) => open) ? 'LoadBalancer' : 'ClusterIP' }
  return [{ apiVersion: 'v1', kind: 'Service', metadata: { name, labels: labelsOf(name) }, spec: said({ ...kind, selector: labelsOf(name), ports: served }) }]
}

interface Environment {
  documents: object[]
  from: object[]
  values: object[]
}

/** By their names: what sounds secret goes into a Secret. A name that is no key of a ConfigMap is said at the container. */
function environmentOf({ environment }: Settings, name: string): Environment {
  const pairs = environment.map((pair): [string, string] => [pair.split('=', 1)[0] ?? '', pair.slice(pair.indexOf('=') + 1)])
  const secret = Object.fromEntries(pairs.filter(([key]) => isKey(key) && soundsSecret(key)))
  const plain = Object.fromEntries(pairs.filter(([key]) => isKey(key) && !soundsSecret(key)))
  const [hasPlain, hasSecret] = [plain, secret].map((one) => Object.keys(one).length > 0)
  const metadata = { name: `${name}-env`, labels: labelsOf(name) }
  return {
    documents: [...(hasPlain ? [{ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: plain }] : []), ...(hasSecret ? [{ apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', stringData: secret }] : [])],
    from: [...(hasPlain ? [{ configMapRef: { name: metadata.name } }] : []), ...(hasSecret ? [{ secretRef: { name: metadata.name } }] : [])],
    values: pairs.filter(([key]) => !isKey(key) && key !== '').map(([key, value]) => ({ name: key, value: literal(value) })),
  }
}
const isKey = (key: string) => /^[A-Za-z_][A-Za-z0-9_.-]{0,252}$/.test(key)
const soundsSecret = (key: string) => /pass(word|wd|phrase)?|secret|token|credential|private|api_?key|access_?key/i.test(key)

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

const isNumber = (text: string) => /^\d+$/.test(text)
const literal = (text: string) => text.replaceAll('$(', '$$$$(')

/** `name:address`; names of one address may be several entries. */
function aliasOf(entry: string): object[] {
  const [, hostname, ip] = /^([^:=]+)[:=]\[?([^\]]+)\]?$/.exec(entry) ?? []
  return hostname !== undefined && ip !== undefined && ip !== 'host-gateway' ? [{ ip, hostnames: [hostname] }] : []
}

/** Docker's labels say things, and so do annotations; labels of a cluster select. */
const annotationsOf = ({ labels }: Settings) => Object.fromEntries(labels.filter(([key]) => /^([a-z0-9]([a-z0-9.-]*[a-z0-9])?\/)?[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/.test(key)))

function remarksOf(settings: Settings, ports: Port[]): string[] {
  const { host, user, networks, networkMode, logs, runtime } = settings
  const [uid = '', gid = ''] = (user ?? '').split(':')
  const unsaid = [
    ...(host.Devices?.length ? ['devices'] : []),
    ...(host.Ulimits?.length ? ['ulimits'] : []),
    ...(logs ? ['the log driver'] : []),
    ...(runtime !== undefined ? ['the runtime'] : []),
    ...(settings.stopSignal !== undefined ? ['the stop signal'] : []),
    ...(host.Init ? ['an init process'] : []),
    ...((host.PidsLimit ?? 0) > 0 ? ['the limit of processes'] : []),
    ...(settings.mac !== undefined ? ['its MAC address'] : []),
  ]
  return [
    ...(uid !== '' && (!isNumber(uid) || (gid !== '' && !isNumber(gid))) ? [`It runs as ${user}; a cluster takes numbers only.`] : []),
    ...(networkMode?.startsWith('container:') ? ['It shares the network of another container: put both into one pod.'] : []),
    ...(networks.length > 0 ? ['A cluster has one network: others find it by the name of its service.'] : []),
    ...(ports.some(({ loopback }) => loopback) ? ['A port that only this machine could reach is reached from the whole cluster.'] : []),
    ...(host.AutoRemove || host.RestartPolicy?.Name === 'on-failure' ? ['A cluster starts it again whenever it ends; what is to end is a Job there.'] : []),
    ...(unsaid.length > 0 ? [`Not said: ${unsaid.join(', ')}.`] : []),
  ]
}

/** Without what goes without saying. An empty command is a statement. */
function said(fields: Record<string, unknown>): Record<string, unknown> {
  const says = ([key, value]: [string, unknown]) => {
    if (key === 'command' || key === 'args') return Array.isArray(value)
    return value !== undefined && value !== null && value !== false && (typeof value !== 'object' || Object.keys(value).length > 0)
  }
  return Object.fromEntries(Object.entries(fields).filter((entry) => says(entry)))
}
