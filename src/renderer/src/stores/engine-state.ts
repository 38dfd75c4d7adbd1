import { defineStore } from 'pinia'
import { computed, markRaw, ref, shallowRef } from 'vue'
import type { BuildSummary } from '#shared/contract/builds.ts'
import type { ConnectionSummary } from '#shared/contract/connections.ts'
import type { ContainerSummary } from '#shared/contract/containers.ts'
import type { EngineState } from '#shared/contract/engine.ts'
import type { AppCommand, Snapshot } from '#shared/contract/events.ts'
import type { ImageSummary } from '#shared/contract/images.ts'
import type { NetworkSummary } from '#shared/contract/networks.ts'
import type { ContainerNotice } from '#shared/contract/notices.ts'
import { defaultSettings, type Settings } from '#shared/contract/settings.ts'
import type { UpdateState } from '#shared/contract/updates.ts'
import type { VolumeSummary } from '#shared/contract/volumes.ts'
import type { LinkTarget } from '../engine/link.ts'
import { createCollection } from './collection.ts'

/** Everything pushed by the app: written by engine/link.ts alone, read by every page. Nothing here is asked for twice. */
export const useEngineState = defineStore('engine-state', () => {
  const containers = createCollection<ContainerSummary>(({ id }) => id)
  const images = createCollection<ImageSummary>(({ id }) => id)
  const networks = createCollection<NetworkSummary>(({ id }) => id)
  const volumes = createCollection<VolumeSummary>(({ name }) => name)
  const connections = createCollection<ConnectionSummary>(({ id }) => id)
  const builds = createCollection<BuildSummary>(({ id }) => id)
  const connectionId = ref<string>()
  const engine = shallowRef<EngineState>({ status: 'starting' })
  const settings = shallowRef<Settings>(defaultSettings)
  /** Of the app itself. */
  const update = shallowRef<UpdateState>({ status: 'current' })
  /** A snapshot has come. */
  const linked = ref(false)
  /** False while a browser page has lost Slipway itself. */
  const reachable = ref(true)
  const command = shallowRef<{ name: AppCommand }>()
  /** Where a link or a notification leads. */
  const destination = shallowRef<{ path: string }>()
  const notice = shallowRef<ContainerNotice>()

  function reset(snapshot: Snapshot) {
    connectionId.value = snapshot.connection
    engine.value = snapshot.engine
    settings.value = snapshot.settings
    connections.replace(snapshot.connections)
    containers.replace(snapshot.containers)
    images.replace(snapshot.images)
    networks.replace(snapshot.networks)
    volumes.replace(snapshot.volumes)
    builds.replace(snapshot.builds)
    update.value = snapshot.update
    linked.value = true
  }

  const apply: LinkTarget['apply'] = (event) => {
    switch (event.type) {
      case 'container.changed': return containers.put(event.container)
      case 'container.removed': return containers.drop(event.id)
      case 'image.changed': return images.put(event.image)
      case 'image.removed': return images.drop(event.id)
      case 'network.changed': return networks.put(event.network)
      case 'network.removed': return networks.drop(event.id)
      case 'volume.changed': return volumes.put(event.volume)
      case 'volume.removed': return volumes.drop(event.name)
      case 'build.changed': return builds.put(event.build)
      case 'build.removed': return builds.drop(event.id)
      case 'connection.changed': return connections.put(event.connection)
      case 'connection.removed': return connections.drop(event.id)
      case 'engine.state': return void (engine.value = event.state)
      case 'settings.changed': return void (settings.value = event.settings)
      case 'update.changed': return void (update.value = event.state)
      case 'command': return void (command.value = { name: event.command })
      case 'navigate': return void (destination.value = { path: event.path })
      case 'notice': return void (notice.value = event.notice)
    }
  }

  const connection = computed(() => (connectionId.value === undefined ? undefined : connections.find(connectionId.value)))
  /** The machine of an engine that is not on this one, by its name: its folders are its own, and cannot be looked at from here. */
  const elsewhere = computed(() => (connection.value?.target.kind === 'ssh' || connection.value?.target.kind === 'tcp' ? connection.value.name : undefined))
  /** As one thing: what Pinia wraps as an action costs something for each of the thousands of events. */
  const link = markRaw<LinkTarget>({ reset, apply })
  return { containers, images, networks, volumes, builds, connections, connection, elsewhere, connectionId, engine, settings, update, linked, reachable, command, destination, notice, link }
})
