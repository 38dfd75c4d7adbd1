import type { EndpointSettings } from '../../services/containers/config.ts'
import type { NetworkCreate, NetworkFilters, NetworkView } from '../../services/networks/networks-service.ts'

/** What the networks API requires; engine/index.ts fills it in. */
export interface NetworksApiNeeds {
  networks: {
    create(request: NetworkCreate): Promise<{ id: string; warning: string }>
    get(reference: string): NetworkView
    list(filters?: NetworkFilters): NetworkView[]
    remove(reference: string): Promise<void>
    prune(filters?: NetworkFilters): Promise<string[]>
  }
  /** Which networks a container is on is the container's own fact, running or not. */
  containers: {
    connectNetwork(container: string, network: string, settings: EndpointSettings): Promise<void>
    disconnectNetwork(container: string, network: string): Promise<void>
  }
}
