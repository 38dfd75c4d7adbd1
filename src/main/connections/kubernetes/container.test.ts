import { parseAllDocuments } from 'yaml'
import { expect, test } from 'vitest'
import { readSettings, type ImageConfig, type WireSettings } from '../recipe/settings.ts'
import { manifestsOf } from './manifests.ts'
import { checkAgainstSchemas } from './testing/schemas.ts'
import { workloadOf } from './workload.ts'

const ID = 'abcdef0123456789'.repeat(4)
const image: ImageConfig = { Entrypoint: ['/entry.sh'], Cmd: ['serve'], Env: ['PATH=/bin'], ExposedPorts: { '80/tcp': {} } }
const settingsOf = (config: Partial<WireSettings['Config']> = {}, host: WireSettings['HostConfig'] = {}, name = '/web') =>
  readSettings({ Id: ID, Name: name, Config: { ...image, Image: 'nginx:1', Hostname: ID.slice(0, 12), ...config }, HostConfig: { NetworkMode: 'default', ShmSize: 67_108_864, RestartPolicy: { Name: 'always' }, Runtime: 'runc', CgroupnsMode: 'private', ...host }, NetworkSettings: { Networks: { bridge: {} } } }, image, { runtime: 'runc', cgroupns: 'private' })

interface Mounted {
  name: string
}
/** What is looked at of any of the kinds. */
interface Manifest {
  apiVersion: string
  kind: string
  metadata: { name: string; labels?: Record<string, string>; annotations?: Record<string, string> }
  data?: Record<string, string>
  stringData?: Record<string, string>
  spec: {
    type?: string
    clusterIP?: string
    serviceName?: string
    selector: Record<string, string> & { matchLabels: Record<string, string> }
    ports?: { name: string; port: number; targetPort: string; protocol: string }[]
    template: { metadata: Manifest['metadata']; spec: { containers: Record<string, unknown>[]; volumes?: Mounted[]; [field: string]: unknown } }
    volumeClaimTemplates?: { metadata: Mounted; spec: object }[]
  }
}
const read = (...args: Parameters<typeof settingsOf>) => {
  const { text, remarks } = manifestsOf([workloadOf(settingsOf(...args))])
  const all = parseAllDocuments(text).map((one) => one.toJS() as Manifest)
  const kind = (wanted: string) => all.find((one) => one.kind === wanted)
  const workload = (kind('Deployment') ?? kind('StatefulSet') ?? kind('Job'))!
  checkAgainstSchemas(text)
  checkTogether(all)
  return { all, remarks, kind, workload, pod: workload.spec.template.spec, container: workload.spec.template.spec.containers[0]! }
}

/** What the API server would refuse, or what would be there and do nothing. */
function checkTogether(all: Manifest[]): void {
  const workload = all.find(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet' || kind === 'Job')!
  const { template, selector, volumeClaimTemplates = [], serviceName } = workload.spec
  const container = template.spec.containers[0] as { ports?: Mounted[]; volumeMounts?: { name: string; mountPath: string }[]; envFrom?: Record<string, Mounted>[] }
  for (const { metadata } of all) expect(metadata.name).toMatch(/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/)
  if (workload.kind !== 'Job') expect(template.metadata.labels).toMatchObject(selector.matchLabels)
  const places = [...(template.spec.volumes ?? []).map(({ name }) => name), ...volumeClaimTemplates.map(({ metadata }) => metadata.name)]
  expect(new Set(places).size).toBe(places.length)
  expect([...new Set((container.volumeMounts ?? []).map(({ name }) => name))].sort()).toEqual([...places].sort())
  for (const service of all.filter(({ kind }) => kind === 'Service')) {
    expect(template.metadata.labels).toMatchObject(service.spec.selector)
    for (const { name, targetPort } of service.spec.ports ?? []) {
      expect(name).toMatch(/^(?=.*[a-z])[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?$/)
      expect(container.ports?.map((port) => port.name)).toContain(targetPort)
    }
  }
  if (serviceName !== undefined) expect(all.some(({ kind, metadata }) => kind === 'Service' && metadata.name === serviceName)).toBe(true)
  for (const source of container.envFrom ?? []) for (const [key, { name }] of Object.entries(source)) expect(all.some(({ kind, metadata }) => kind === (key === 'secretRef' ? 'Secret' : 'ConfigMap') && metadata.name === name)).toBe(true)
}

test('a container that was told nothing is a deployment of its image', () => {
  const { all, remarks, container } = read()
  expect(all.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`)).toEqual(['apps/v1 Deployment'])
  expect(container).toEqual({ name: 'web', image: 'nginx:1' })
  expect(remarks).toEqual([])
})

test('published ports are a service: reached from outside, or not when only this machine could', () => {
  const { kind, container } = read({}, { PortBindings: { '80/tcp': [{ HostIp: '0.0.0.0', HostPort: '8080' }, { HostIp: '::', HostPort: '8080' }], '53/udp': [{ HostPort: '' }] } })
  expect(container['ports']).toEqual([{ name: 'tcp-8080', containerPort: 80, protocol: 'TCP' }, { name: 'udp-53', containerPort: 53, protocol: 'UDP' }])
  expect(kind('Service')!.spec).toMatchObject({ type: 'LoadBalancer', ports: [{ port: 8080, targetPort: 'tcp-8080', protocol: 'TCP' }, { port: 53, protocol: 'UDP' }] })
  const inside = read({ ExposedPorts: { '80/tcp': {}, '9000/tcp': {} } }, { PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '8080' }] } })
  expect(inside.kind('Service')!.spec).toMatchObject({ type: 'ClusterIP', ports: [{ port: 8080 }, { port: 9000 }] })
  expect(inside.remarks).toEqual([{ kind: 'loopback', service: 'web', what: '8080' }])
})

test('variables: what sounds secret apart, and what is no key at the container', () => {
  const { kind, container } = read({ Env: ['PATH=/bin', 'MODE=a=$(b)', 'DB_PASSWORD=geheim', 'API_KEY=k', 'odd name=$(x)', 'EMPTY='] })
  expect(kind('ConfigMap')!.data).toEqual({ MODE: 'a=$(b)', EMPTY: '' })
  expect(kind('Secret')!.stringData).toEqual({ DB_PASSWORD: 'geheim', API_KEY: 'k' })
  expect(container['env']).toEqual([{ name: 'odd name', value: '$$(x)' }])
})

test('what has a name is kept by claims; what is of this machine does not travel, and is said', () => {
  const { kind, workload, pod, container, remarks } = read({ Volumes: { '/scratch': {} } }, { Binds: ['pages_data:/data:ro', '/home/ada:/home', 'pages_data:/again'], Mounts: [{ Type: 'volume', Source: 'more', Target: '/more', VolumeOptions: { Subpath: 'a/b' } }], Tmpfs: { '/run': 'size=64m' }, ShmSize: 1 << 20 })
  expect(workload.kind).toBe('StatefulSet')
  expect(workload.spec.volumeClaimTemplates!.map(({ metadata }) => metadata.name)).toEqual(['pages-data', 'more'])
  expect(kind('Service')!.spec).toMatchObject({ clusterIP: 'None' })
  expect(container['volumeMounts']).toEqual([
    { name: 'pages-data', mountPath: '/data', readOnly: true },
    { name: 'pages-data', mountPath: '/again' },
    { name: 'more', mountPath: '/more', subPath: 'a/b' },
    { name: 'memory-4', mountPath: '/run' },
    { name: 'passing-5', mountPath: '/scratch' },
    { name: 'memory-6', mountPath: '/dev/shm' },
  ])
  expect(pod.volumes).toEqual([{ name: 'memory-4', emptyDir: { medium: 'Memory', sizeLimit: '67108864' } }, { name: 'passing-5', emptyDir: {} }, { name: 'memory-6', emptyDir: { medium: 'Memory', sizeLimit: '1048576' } }])
  expect(remarks).toEqual([{ kind: 'bind', service: 'web', what: '/home/ada → /home' }, { kind: 'claim', service: 'web', what: 'pages-data, more' }])
})

test('program, checks, limits and rights', () => {
  const { container, pod } = read({ Entrypoint: ['/bin/sh', '-c'], Cmd: ['echo $(HOME)'], User: '1000:100', WorkingDir: '/srv', Tty: true, OpenStdin: true, StopTimeout: 5, Healthcheck: { Test: ['CMD-SHELL', 'curl -f localhost'], Interval: 5e9, Retries: 4, StartPeriod: 1e9 } }, { Memory: 256 << 20, NanoCpus: 5e8, ReadonlyRootfs: true, CapAdd: ['CAP_NET_ADMIN'], CapDrop: ['ALL'], SecurityOpt: ['no-new-privileges'], GroupAdd: ['27'], Dns: ['10.0.0.53'], ExtraHosts: ['db:10.0.0.2', 'six=[fd00::1]'] })
  const probe = { exec: { command: ['/bin/sh', '-c', 'curl -f localhost'] }, initialDelaySeconds: 1, periodSeconds: 5, timeoutSeconds: 30, failureThreshold: 4 }
  expect(container).toMatchObject({
    command: ['/bin/sh', '-c'],
    args: ['echo $$(HOME)'],
    workingDir: '/srv',
    stdin: true,
    tty: true,
    readinessProbe: probe,
    livenessProbe: probe,
    resources: { limits: { cpu: '500m', memory: '268435456' } },
    securityContext: { readOnlyRootFilesystem: true, runAsUser: 1000, runAsGroup: 100, allowPrivilegeEscalation: false, capabilities: { add: ['NET_ADMIN'], drop: ['ALL'] } },
  })
  expect(pod).toMatchObject({ terminationGracePeriodSeconds: 5, dnsPolicy: 'None', dnsConfig: { nameservers: ['10.0.0.53'] }, securityContext: { supplementalGroups: [27] }, hostAliases: [{ ip: '10.0.0.2', hostnames: ['db'] }, { ip: 'fd00::1', hostnames: ['six'] }] })
})

test('what a cluster has no words for is said', () => {
  const { remarks, kind } = read({ User: 'www', StopSignal: 'SIGINT' }, { RestartPolicy: { Name: 'on-failure' }, Devices: [{ PathOnHost: '/dev/x', PathInContainer: '/dev/x' }], Ulimits: [{ Name: 'nofile', Soft: 1, Hard: 1 }], PidsLimit: 5 }, '/My_Web.1')
  expect(kind('Job')!.metadata.name).toBe('my-web-1')
  expect(remarks).toEqual([{ kind: 'user', service: 'My_Web.1', what: 'www' }, { kind: 'unsaid', service: 'My_Web.1', what: '--device, --ulimit, --stop-signal, --pids-limit' }])
  for (const name of ['/9lives', '/_', `/${'x'.repeat(80)}-`]) read({}, {}, name)
})

test('what is meant to end is a job, unless it listens', () => {
  const { workload, pod } = read({}, { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 }, Binds: ['data:/data'] })
  expect(workload).toMatchObject({ kind: 'Job', spec: { backoffLimit: 3 } })
  expect(pod).toMatchObject({ restartPolicy: 'OnFailure', volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] })
  const listening = read({}, { AutoRemove: true, PortBindings: { '80/tcp': [{ HostPort: '80' }] } })
  expect(listening.workload.kind).toBe('Deployment')
  expect(listening.remarks).toEqual([{ kind: 'restarts', service: 'web', what: 'web' }])
})

test('the schemas refuse what is of another type, missing, or no kind', () => {
  const { text } = manifestsOf([workloadOf(settingsOf())])
  for (const [from, to] of [['name: web\n          image', 'image'], ['replicas: 1', 'replicas: one'], ['apps/v1', 'apps/v0']] as const) {
    expect(text).toContain(from)
    expect(() => checkAgainstSchemas(text.replace(from, to)), to).toThrow()
  }
})
