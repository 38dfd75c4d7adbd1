import type { HostPort } from '../../services/system/host-ports.ts'
import type { DiskRoom, SystemInfo } from '../../services/system/system.ts'
import type { HostFacts } from '../../core/host/host.ts'
import { API_MAXIMUM, API_MINIMUM, formatApiVersion } from '../version.ts'

/** `GET /version` */
export function versionJson(version: string, facts: HostFacts) {
  const ApiVersion = formatApiVersion(API_MAXIMUM)
  const MinAPIVersion = formatApiVersion(API_MINIMUM)
  const { runtime } = facts
  return {
    Platform: { Name: 'Slipway' },
    Components: [
      { Name: 'Engine', Version: version, Details: { ApiVersion, Arch: facts.architecture, BuildTime: '', Experimental: 'false', GitCommit: '', GoVersion: '', KernelVersion: facts.kernel, MinAPIVersion, Os: 'linux' } },
      ...(runtime ? [{ Name: runtime.name, Version: runtime.version, Details: { Path: runtime.path } }] : []),
      { Name: 'node', Version: process.versions.node, Details: {} },
    ],
    Version: version,
    ApiVersion,
    MinAPIVersion,
    GitCommit: '',
    GoVersion: '',
    Os: 'linux',
    Arch: facts.architecture,
    KernelVersion: facts.kernel,
    BuildTime: '',
  }
}

/** `GET /info` */
export function infoJson(info: SystemInfo, version: string, facts: HostFacts, apiVersion: number) {
  const runtimeName = facts.runtime?.name ?? 'none'
  const { running, paused, stopped } = info.containers
  return {
    ID: info.id,
    Containers: running + paused + stopped,
    ContainersRunning: running,
    ContainersPaused: paused,
    ContainersStopped: stopped,
    Images: info.images,
    Driver: info.storageDriver,
    DriverStatus: [['Kind', facts.storage], ['Backing Filesystem', info.backingFilesystem], ['Supports d_type', 'true'], ['Native Overlay Diff', 'true'], ['userxattr', String(facts.rootless)]],
    Plugins: { Volume: ['local'], Network: info.networkDrivers, Authorization: null, Log: ['json-file', 'local', 'none'] },
    ...limitsJson(facts, apiVersion),
    IPv4Forwarding: true,
    Debug: false,
    NFd: info.openFiles,
    NGoroutines: 0,
    SystemTime: info.systemTime,
    LoggingDriver: 'json-file',
    CgroupDriver: facts.cgroup.driver,
    CgroupVersion: facts.cgroup.mode === 'v2' ? '2' : '1',
    NEventsListener: info.eventListeners,
    KernelVersion: facts.kernel,
    OperatingSystem: facts.operatingSystem,
    OSVersion: facts.osVersion,
    OSType: 'linux',
    Architecture: MACHINE_NAMES[facts.architecture] ?? facts.architecture,
    IndexServerAddress: 'https://index.docker.io/v1/',
    RegistryConfig: registryJson(info),
    NCPU: facts.cpus,
    MemTotal: facts.memoryBytes,
    GenericResources: null,
    DockerRootDir: info.dataRoot,
    HttpProxy: withoutPassword(info.proxy.http),
    HttpsProxy: withoutPassword(info.proxy.https),
    NoProxy: info.proxy.none,
    Name: info.name,
    Labels: [],
    ExperimentalBuild: false,
    ServerVersion: version,
    Runtimes: { [runtimeName]: { path: facts.runtime?.path ?? '' } },
    DefaultRuntime: runtimeName,
    Swarm: { NodeID: '', NodeAddr: '', LocalNodeState: 'inactive', ControlAvailable: false, Error: '', RemoteManagers: null },
    LiveRestoreEnabled: true,
    Isolation: '',
    InitBinary: 'slipway-init',
    ContainerdCommit: commitJson('', apiVersion),
    RuncCommit: commitJson(facts.runtime?.version ?? '', apiVersion),
    InitCommit: commitJson(version, apiVersion),
    SecurityOptions: securityJson(facts, apiVersion),
    ...(apiVersion < 25 && { ExecutionDriver: '<not supported>' }),
    ...(info.addressPools.length > 0 && { DefaultAddressPools: info.addressPools }),
    FirewallBackend: { Driver: 'nftables' },
    Warnings: info.warnings.length > 0 ? info.warnings : null,
    CDISpecDirs: [],
  }
}

/** Until API 1.48 with what Docker was built for, which is what it found. */
const commitJson = (ID: string, apiVersion: number) => ({ ID, ...(apiVersion < 49 && { Expected: ID }) })

function securityJson({ apparmor, seccomp, cgroup, rootless }: HostFacts, apiVersion: number): string[] {
  const options = [...(apparmor ? ['name=apparmor'] : []), ...(seccomp ? ['name=seccomp,profile=builtin'] : []), ...(cgroup.mode === 'v2' ? ['name=cgroupns'] : []), ...(rootless ? ['name=rootless'] : [])]
  return apiVersion < 25 ? options.map((option) => /^name=([^,]*)/.exec(option)![1]!) : options
}

/** As Docker shows a proxy that wants a login. */
const withoutPassword = (proxy: string): string => proxy.replace(/\/\/[^@/]*@/, '//xxxxx:xxxxx@')

/** Which limits are enforced here. */
function limitsJson({ cgroup }: HostFacts, apiVersion: number) {
  const can = (controller: string) => cgroup.driver !== 'none' && cgroup.controllers.includes(controller)
  return {
    MemoryLimit: can('memory'),
    SwapLimit: can('memory'),
    CpuCfsPeriod: can('cpu'),
    CpuCfsQuota: can('cpu'),
    CPUShares: can('cpu'),
    CPUSet: can('cpuset'),
    PidsLimit: can('pids'),
    ...(apiVersion < 42 && { KernelMemory: false }),
    // Rules are matched in the bridge itself; the setting that Docker needs for it is not.
    ...(apiVersion < 50 && { BridgeNfIptables: true, BridgeNfIp6tables: true }),
    OomKillDisable: cgroup.mode !== 'v2' && can('memory'),
  }
}

/** Networks and hosts stand apart. */
const registryJson = ({ registryMirrors: Mirrors, insecureRegistries }: Pick<SystemInfo, 'registryMirrors' | 'insecureRegistries'>) => ({
  AllowNondistributableArtifactsCIDRs: null,
  AllowNondistributableArtifactsHostnames: null,
  InsecureRegistryCIDRs: ['127.0.0.0/8', '::1/128', ...insecureRegistries.filter((each) => each.includes('/'))],
  IndexConfigs: {
    'docker.io': { Mirrors, Name: 'docker.io', Official: true, Secure: true },
    ...Object.fromEntries(insecureRegistries.filter((each) => !each.includes('/')).map((Name) => [Name, { Mirrors: [], Name, Official: false, Secure: false }])),
  },
  Mirrors,
})

/** uname -m of a GOARCH. */
const MACHINE_NAMES: Record<string, string> = { amd64: 'x86_64', arm64: 'aarch64', '386': 'i686', arm: 'armv7l' }

/** One of the `Listeners` of `GET /slipway/host/ports`. */
export const listenerJson = ({ address, port, protocol, process, containerId }: HostPort) => ({ IP: address, Port: port, Type: protocol, Process: process?.program, PID: process?.pid, ContainerID: containerId })

export const diskJson = ({ path, totalBytes, freeBytes }: DiskRoom) => ({ Path: path, Total: totalBytes, Free: freeBytes })
