import { readdirSync, statfsSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { hostname } from 'node:os'
import type { HostFacts } from '../../core/host/host.ts'
import { readListeners } from '../../core/host/listeners/listeners.ts'
import { lineageOf } from '../../core/host/listeners/socket-owners.ts'
import type { Layout } from '../../layout.ts'
import { hostPorts, type HostPort } from './host-ports.ts'
import type { SystemNeeds } from './needs.ts'

/** What the engine is and runs on: `info`, `version`. The host's own findings are {@link HostFacts}, served as they are. */
export interface System {
  readonly facts: HostFacts
  readonly version: string
  info(): SystemInfo
  /** Of the file system that holds the data root. */
  disk(): Promise<DiskRoom>
  /** Who has which port of this machine, ourselves among them. */
  hostPorts(): Promise<HostPort[]>
}

export interface DiskRoom {
  path: string
  totalBytes: number
  /** What an ordinary program may still use. */
  freeBytes: number
}

export interface SystemInfo {
  /** Stable over restarts. */
  id: string
  name: string
  containers: ReturnType<SystemNeeds['containers']>
  images: number
  storageDriver: string
  /** Of the data root, as the kernel's module is called. */
  backingFilesystem: string
  networkDrivers: readonly string[]
  addressPools: { Base: string; Size: number }[]
  dataRoot: string
  registryMirrors: readonly string[]
  insecureRegistries: readonly string[]
  proxy: Proxy
  /** What does not work here, in Docker's words where it has some. */
  warnings: string[]
  systemTime: string
  openFiles: number
  eventListeners: number
  rootless: boolean
}

/** The way to registries. */
export interface Proxy {
  http: string
  https: string
  /** Hosts that are spoken to directly. */
  none: string
}

const fromEnvironment = (name: string): string => process.env[name] ?? process.env[name.toLowerCase()] ?? ''

export interface SystemOptions {
  facts: HostFacts
  layout: Pick<Layout, 'dataRoot'>
  id: string
  version: string
  registryMirrors: readonly string[]
  insecureRegistries: readonly string[]
  /** What is not given is the environment's. */
  proxy?: Partial<Proxy>
  needs: SystemNeeds
}

export function createSystem(options: SystemOptions): System {
  const { facts, needs } = options
  return {
    facts,
    version: options.version,
    async disk() {
      const { blocks, bavail, bsize } = await statfs(options.layout.dataRoot)
      return { path: options.layout.dataRoot, totalBytes: blocks * bsize, freeBytes: bavail * bsize }
    },
    hostPorts: () => hostPorts({ listeners: readListeners, lineage: lineageOf, publishedPorts: needs.publishedPorts, containersByPid: needs.containersByPid }),
    info: () => ({
      id: options.id,
      name: hostname(),
      containers: needs.containers(),
      images: needs.imageCount(),
      storageDriver: needs.storageDriver,
      backingFilesystem: FILESYSTEMS[statfsSync(options.layout.dataRoot).type] ?? '<unknown>',
      networkDrivers: needs.networkDrivers,
      addressPools: needs.defaultAddressPools(),
      dataRoot: options.layout.dataRoot,
      registryMirrors: options.registryMirrors,
      insecureRegistries: options.insecureRegistries,
      proxy: { http: options.proxy?.http ?? fromEnvironment('HTTP_PROXY'), https: options.proxy?.https ?? fromEnvironment('HTTPS_PROXY'), none: options.proxy?.none ?? fromEnvironment('NO_PROXY') },
      warnings: [...warningsOf(facts), ...needs.networkWarnings().map((warning) => `WARNING: ${warning}`)],
      systemTime: new Date().toISOString(),
      openFiles: readdirSync('/proc/self/fd').length,
      eventListeners: needs.eventListeners(),
      rootless: facts.rootless,
    }),
  }
}

/** By the magic number of statfs(2), in Docker's words. */
const FILESYSTEMS: Record<number, string> = { 0xef53: 'extfs', 0x58465342: 'xfs', 0x9123683e: 'btrfs', 0x2fc12fc1: 'zfs', 0x01021994: 'tmpfs', 0x794c7630: 'overlayfs', 0xf2f52010: 'f2fs', 0xca451a4e: 'bcachefs', 0x65735546: 'fuse', 0x6969: 'nfs' }

const CONTROLLERS: readonly [controller: string, warning: string][] = [
  ['memory', 'WARNING: No memory limit support'],
  ['cpu', 'WARNING: No cpu cfs quota support'],
  ['cpuset', 'WARNING: No cpuset support'],
  ['pids', 'WARNING: No pids limit support'],
]

function warningsOf(facts: HostFacts): string[] {
  const limits = CONTROLLERS.filter(([controller]) => facts.cgroup.driver === 'none' || !facts.cgroup.controllers.includes(controller)).map(([, warning]) => warning)
  const checks = facts.checks.filter((check) => check.status !== 'ok' && check.consequence).map((check) => `WARNING: ${check.finding.replace(/\.$/, '')}: ${check.consequence}`)
  return [...limits, ...checks]
}
