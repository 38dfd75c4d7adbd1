import type { ImageId } from '#shared/oci/digest.ts'
import type { Containers } from './services/containers/containers.ts'
import type { ContainerRecord } from './services/containers/record.ts'
import { isAlive } from './services/containers/state.ts'

/** Who uses what, answered from the containers' records for their siblings. */
interface Use {
  id: string
  running: boolean
}
const useOf = ({ id, state }: ContainerRecord): Use => ({ id, running: isAlive(state) })

export const containersUsingImage = (containers: Containers, image: ImageId): Use[] => containers.ofImage(image).map(useOf)

export const containersUsingVolume = (containers: Containers, volume: string): Use[] => containers.withVolume(volume).map(useOf)

export function countContainers(containers: Containers): { running: number; paused: number; stopped: number } {
  const counts = { running: 0, paused: 0, stopped: 0 }
  for (const { state } of containers.records()) counts[state.status === 'running' || state.status === 'restarting' ? 'running' : state.status === 'paused' ? 'paused' : 'stopped']++
  return counts
}

export const containersByPid = (containers: Containers): Map<number, string> =>
  new Map(containers.records().flatMap(({ id, state }): [number, string][] => (isAlive(state) ? [[state.pid, id]] : [])))
