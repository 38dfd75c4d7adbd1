import type { Contract, Implementation } from '#shared/contract/contract.ts'
import type { Connection } from '../connections/connection.ts'
import { containersOf } from '../connections/containers.ts'
import type { Edits } from '../connections/edit/edits.ts'
import { imagesOf } from '../connections/images.ts'
import { logsOf } from '../connections/merged-logs/log-pages.ts'
import { networksOf } from '../connections/networks.ts'
import { portsOf } from '../connections/ports.ts'
import { volumesOf } from '../connections/volumes.ts'
import type { CallContext } from '../ipc/serve.ts'

/** The nouns of an engine. A new one is a line here and in the contract. */
const nounsOf = (edits: Edits) => ({
  containers: (connection: Connection) => ({ ...containersOf(connection), ...edits.of(connection) }),
  images: imagesOf,
  logs: logsOf,
  networks: networksOf,
  ports: portsOf,
  volumes: volumesOf,
})

/** The calls about what an engine holds: the engine that is looked at when they are made. */
export function connectionCalls(current: () => Connection, edits: Edits): Pick<Implementation<Contract, CallContext>, keyof ReturnType<typeof nounsOf>> {
  const properties = Object.entries(nounsOf(edits)).map(([noun, of]) => [noun, { enumerable: true, get: () => of(current()) }])
  return Object.defineProperties({}, Object.fromEntries(properties)) as ReturnType<typeof connectionCalls>
}
