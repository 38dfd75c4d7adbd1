import { Box, Boxes, Cable, EthernetPort, FileCode2, Hammer, HardDrive, House, Layers, Network, ScrollText, Server, Settings } from 'lucide-vue-next'
import type { Component } from 'vue'
import { commandKeys } from '#shared/contract/shortcuts.ts'

/** The places of the rail, in order; `mod+1` opens the first. A new page is a line here and a route. */
export interface Destination {
  name: 'home' | 'containers' | 'images' | 'build' | 'volumes' | 'networks' | 'ports' | 'logs' | 'compose' | 'cluster' | 'connections' | 'engine' | 'settings'
  path: string
  icon: Component
  /** At the foot of the rail, apart from the objects. */
  foot?: boolean
  /** Only where the engine that is looked at manages a cluster. */
  cluster?: boolean
}

/** Of the command that opens it; places at the foot but the settings have none. */
export const keysOf = (index: number): string | undefined => {
  const name = destinations[index]?.name
  return name !== undefined && Object.hasOwn(commandKeys, name) ? `@${name}` : undefined
}

export const destinations: readonly Destination[] = [
  { name: 'home', path: '/', icon: House },
  { name: 'containers', path: '/containers', icon: Box },
  { name: 'images', path: '/images', icon: Layers },
  { name: 'build', path: '/build', icon: Hammer },
  { name: 'volumes', path: '/volumes', icon: HardDrive },
  { name: 'networks', path: '/networks', icon: Network },
  { name: 'ports', path: '/ports', icon: EthernetPort },
  { name: 'logs', path: '/logs', icon: ScrollText },
  { name: 'compose', path: '/compose', icon: FileCode2 },
  { name: 'cluster', path: '/cluster', icon: Boxes, cluster: true },
  { name: 'connections', path: '/connections', icon: Cable, foot: true },
  { name: 'engine', path: '/engine', icon: Server, foot: true },
  { name: 'settings', path: '/settings', icon: Settings, foot: true },
]
