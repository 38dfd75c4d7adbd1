import { join } from 'node:path'
import { availableParallelism, totalmem } from 'node:os'
import { authRoutes } from './api/auth/routes.ts'
import { buildRoutes } from './api/build/routes.ts'
import { buildkitRoutes } from './api/buildkit/routes.ts'
import { cacheEntryJson } from './api/build/wire.ts'
import { summaryJson } from './api/containers/wire.ts'
import type { ContainersApiNeeds } from './api/containers/needs.ts'
import { containerRoutes } from './api/containers/routes.ts'
import { distributionRoutes } from './api/distribution/routes.ts'
import { doctorRoutes } from './api/doctor/routes.ts'
import { execRoutes } from './api/exec/routes.ts'
import { fileRoutes } from './api/files/routes.ts'
import { imageUsageJson } from './api/images/wire.ts'
import { imageRoutes } from './api/images/routes.ts'
import { networkRoutes } from './api/networks/routes.ts'
import type { Route } from './api/router.ts'
import { sharingRoutes } from './api/sharing/routes.ts'
import { systemRoutes } from './api/system/routes.ts'
import { volumeJson, volumeRoutes } from './api/volumes/routes.ts'
import type { EventBus } from './core/events/event-bus.ts'
import type { Layout } from './layout.ts'
import type { Builder } from './services/builder/builder.ts'
import type { Containers } from './services/containers/containers.ts'
import type { Doctor } from './services/doctor/doctor.ts'
import type { Files } from './services/files/files.ts'
import type { Images } from './services/images/images-service.ts'
import type { Networks } from './services/networks/networks-service.ts'
import type { Sharing } from './services/sharing/sharing.ts'
import type { System } from './services/system/system.ts'
import type { Volumes } from './services/volumes/volumes.ts'
import { containersUsingVolume } from './uses.ts'

export interface Services {
  containers: Containers
  files: Files
  images: Images
  networks: Networks
  volumes: Volumes
  builder: Builder
  doctor: Doctor
  sharing: Sharing
  system: System
  events: EventBus
  layout: Layout
  clock: () => bigint
  log: (line: string) => void
}

/** Every path of the API, each noun given what it needs. */
export function engineRoutes(services: Services): Route[] {
  const { containers, files, images, networks, volumes, builder, doctor, sharing, system, events, clock, log } = services
  const containersApi: ContainersApiNeeds = { ...containers, imageSize: async (id) => (await images.inspect(id)).size, imageIdOf: (name) => images.idOf(name), findNetwork: (reference) => networks.describe(reference), paths: pathsOf(services.layout), host: { cpus: availableParallelism(), memoryBytes: totalmem() } }
  return [
    ...systemRoutes({ system, events, clock, usage: usageOf(services, containersApi) }),
    ...containerRoutes(containersApi),
    ...execRoutes(containers),
    ...fileRoutes(files),
    ...imageRoutes(images),
    ...distributionRoutes(images),
    ...authRoutes(images),
    ...networkRoutes({ networks, containers }),
    ...volumeRoutes(volumes),
    ...buildRoutes(builder),
    ...buildkitRoutes({ engine: () => ({ id: system.info().id, version: system.version }), log, builder, images }),
    ...doctorRoutes(doctor),
    ...sharingRoutes(sharing),
  ]
}

const pathsOf = (layout: Layout) => (id: string) => {
  const { hostsFile, hostnameFile, resolvConfFile, logs } = layout.container(id)
  return { hosts: hostsFile, hostname: hostnameFile, resolvConf: resolvConfFile, log: join(logs, 'current') }
}

/** The rows of `docker system df`. */
function usageOf({ builder, containers, images, volumes }: Services, api: ContainersApiNeeds) {
  return {
    layersSize: () => images.layersSize(),
    images: async (apiVersion: number) => (await images.list({ sharedSize: true })).map((row) => imageUsageJson(row, apiVersion)),
    async containers() {
      const now = Date.now()
      const linked = containers.namesByLinks()
      return await Promise.all(containers.records().map(async (record) => {
        const SizeRw = await containers.writableSize(record.id)
        return summaryJson(api, record, { SizeRw, SizeRootFs: SizeRw + (await api.imageSize(record.image.id).catch(() => 0)) }, now, linked)
      }))
    },
    buildCache: async () => (await builder.cacheEntries()).map(cacheEntryJson),
    volumes: async () => await Promise.all(volumes.list().map(async (record) => ({ ...volumeJson(volumes, record), UsageData: { Size: (await volumes.size(record.name)) ?? -1, RefCount: containersUsingVolume(containers, record.name).length } }))),
  }
}
