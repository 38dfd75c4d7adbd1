import type { Contract, Implementation } from '#shared/contract/contract.ts'
import type { Connection } from '../connections/connection.ts'
import type { Connections } from '../connections/connections.ts'
import { copiesOf } from '../connections/copies/copies.ts'
import type { Builds } from '../connections/builds/builds.ts'
import { clusterOf } from '../connections/cluster/cluster.ts'
import { composeOf } from '../connections/compose/compose.ts'
import { containersOf } from '../connections/containers.ts'
import type { Edits } from '../connections/edit/edits.ts'
import { filesOf } from '../connections/files/files.ts'
import { imagesOf } from '../connections/images.ts'
import type { ClusterMoves } from '../connections/cluster/move/moves.ts'
import type { Applies } from '../connections/kubernetes/apply/applies.ts'
import { kubernetesOf } from '../connections/kubernetes/kubernetes.ts'
import { logsOf } from '../connections/merged-logs/log-pages.ts'
import { networksOf } from '../connections/networks.ts'
import type { RegistryAccounts } from '../connections/registries/accounts.ts'
import { registriesOf } from '../connections/registries/registries.ts'
import { portsOf } from '../connections/ports.ts'
import { sharingOf } from '../connections/sharing.ts'
import { systemOf } from '../connections/system.ts'
import { volumesOf } from '../connections/volumes.ts'
import type { CallContext } from '../ipc/serve.ts'

/** What the app itself keeps of its work on engines. */
export interface AppWork {
  applies: Applies
  accounts: RegistryAccounts
  builds: Builds
  clusterMoves: ClusterMoves
  edits: Edits
  connections: Pick<Connections, 'get'>
}

/** The nouns of an engine. A new one is a line here and in the contract. */
const nounsOf = ({ accounts, applies, builds, clusterMoves, connections, edits }: AppWork) => ({
  builds: builds.callsOf,
  cluster: (connection: Connection) => clusterOf(connection, connections.get, clusterMoves),
  compose: composeOf,
  containers: (connection: Connection) => ({ ...containersOf(connection), ...edits.of(connection) }),
  copies: (connection: Connection) => copiesOf(connection, connections.get),
  files: filesOf,
  images: imagesOf,
  kubernetes: (connection: Connection) => kubernetesOf(connection, applies),
  logs: logsOf,
  networks: networksOf,
  ports: portsOf,
  registries: (connection: Connection) => registriesOf(connection, accounts),
  sharing: sharingOf,
  system: systemOf,
  volumes: volumesOf,
})

/** The calls about what an engine holds: the engine that is looked at when they are made. */
export function connectionCalls(current: () => Connection, work: AppWork): Pick<Implementation<Contract, CallContext>, keyof ReturnType<typeof nounsOf>> {
  const properties = Object.entries(nounsOf(work)).map(([noun, of]) => [noun, { enumerable: true, get: () => of(current()) }])
  return Object.defineProperties({}, Object.fromEntries(properties)) as ReturnType<typeof connectionCalls>
}
