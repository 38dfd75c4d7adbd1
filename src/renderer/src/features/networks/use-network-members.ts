import { computed } from 'vue'
import type { ContainerAttachment, ContainerSummary } from '#shared/contract/containers.ts'
import type { NetworkSummary } from '#shared/contract/networks.ts'
import { useEngineState } from '../../stores/engine-state.ts'

export interface NetworkMember {
  name: string
  container: ContainerSummary
  attachment: ContainerAttachment
}

/** Who is on a network; told by the containers, so that it lives in one place. */
export function useNetworkMembers(): (network: NetworkSummary) => readonly NetworkMember[] {
  const store = useEngineState()
  const members = computed(() => {
    const all = store.containers.list.flatMap((container) => container.networks.map((attachment) => ({ name: container.name, container, attachment })))
    return Map.groupBy(all, ({ attachment }) => attachment.network)
  })
  return (network) => members.value.get(network.name) ?? []
}
