/**
 * The contract between the page and the main process: one interface per noun, implemented once (main/index), called
 * through a proxy (renderer/src/engine/proxy.ts), carried by main/ipc over whichever shell is there. Nobody writes a method twice: `shapes`
 * is at once the list of calls and the check of their requests, and does not compile unless it fits the interfaces.
 *
 * Words. A **call** has a request and an answer, an id, and can be cancelled; long ones report `progress` events. An **event**
 * tells one whole item that changed; events of a window are numbered, and a gap means: ask for a new **snapshot**. A **stream** carries
 * messages both ways, and its producer waits for a slow page.
 */
import { appShapes, type AppContract } from './app.ts'
import { buildsShapes, type BuildsContract } from './builds.ts'
import { clusterShapes, type ClusterContract } from './cluster.ts'
import { composeShapes, type ComposeContract } from './compose.ts'
import { connectionsShapes, type ConnectionsContract } from './connections.ts'
import { containersShapes, type ContainersContract } from './containers.ts'
import { copiesShapes, type CopiesContract } from './copies.ts'
import { dataShapes, type DataContract } from './data.ts'
import { engineShapes, type EngineContract } from './engine.ts'
import { filesShapes, type FilesContract } from './files.ts'
import { imagesShapes, type ImagesContract } from './images.ts'
import { kubernetesShapes, type KubernetesContract } from './kubernetes.ts'
import { logsShapes, type LogsContract } from './logs.ts'
import { networksShapes, type NetworksContract } from './networks.ts'
import { portsShapes, type PortsContract } from './ports.ts'
import { registriesShapes, type RegistriesContract } from './registries.ts'
import { settingsShapes, type SettingsContract } from './settings.ts'
import { sharingShapes, type SharingContract } from './sharing.ts'
import { systemShapes, type SystemContract } from './system.ts'
import { updatesShapes, type UpdatesContract } from './updates.ts'
import { volumesShapes, type VolumesContract } from './volumes.ts'
import type { Shapes } from './shape.ts'

export interface Contract {
  containers: ContainersContract
  files: FilesContract
  images: ImagesContract
  volumes: VolumesContract
  networks: NetworksContract
  ports: PortsContract
  logs: LogsContract
  cluster: ClusterContract
  compose: ComposeContract
  kubernetes: KubernetesContract
  builds: BuildsContract
  system: SystemContract
  engine: EngineContract
  data: DataContract
  connections: ConnectionsContract
  copies: CopiesContract
  registries: RegistriesContract
  settings: SettingsContract
  sharing: SharingContract
  updates: UpdatesContract
  app: AppContract
}
export type Noun = keyof Contract

export const shapes: { readonly [Name in Noun]: Shapes<Contract[Name]> } = {
  containers: containersShapes,
  files: filesShapes,
  images: imagesShapes,
  volumes: volumesShapes,
  networks: networksShapes,
  ports: portsShapes,
  logs: logsShapes,
  cluster: clusterShapes,
  compose: composeShapes,
  kubernetes: kubernetesShapes,
  builds: buildsShapes,
  system: systemShapes,
  engine: engineShapes,
  data: dataShapes,
  connections: connectionsShapes,
  copies: copiesShapes,
  registries: registriesShapes,
  settings: settingsShapes,
  sharing: sharingShapes,
  updates: updatesShapes,
  app: appShapes,
}

type RequestOf<Call> = Call extends (request: infer Request) => unknown ? (unknown extends Request ? void : Request) : void
type AnswerOf<Call> = Call extends (...request: never[]) => Promise<infer Answer> ? Answer : never

/** The contract as the page sees it; `Options` is what it may add to any call (renderer engine/proxy.ts CallOptions). */
export type Client<Whole, Options> = {
  readonly [Name in keyof Whole]: {
    readonly [Call in keyof Whole[Name]]: RequestOf<Whole[Name][Call]> extends void
      ? (request?: undefined, options?: Options) => Promise<AnswerOf<Whole[Name][Call]>>
      : (request: RequestOf<Whole[Name][Call]>, options?: Options) => Promise<AnswerOf<Whole[Name][Call]>>
  }
}
/** The contract as the main process implements it; `Context` is what every call is given (main ipc/serve.ts CallContext). */
export type Implementation<Whole, Context> = {
  readonly [Name in keyof Whole]: {
    readonly [Call in keyof Whole[Name]]: (request: RequestOf<Whole[Name][Call]>, context: Context) => Promise<AnswerOf<Whole[Name][Call]>>
  }
}
