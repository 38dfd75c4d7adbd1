import { dictionary, identifier, integer, literal, nothing, optional, record, text, variant, type Shape, type Shapes } from './shape.ts'
import type { ContainerSummary, Timestamp } from './containers.ts'
import type { EngineFacts } from './engine.ts'
import type { SerializedError } from './errors.ts'
import type { EngineEvent } from './events.ts'
import type { ImageSummary } from './images.ts'
import type { NetworkSummary } from './networks.ts'
import type { SecretPlace } from './settings.ts'
import type { VolumeSummary } from './volumes.ts'

export type ConnectionId = string & { readonly __brand?: 'ConnectionId' }

/** A machine on the way of an SSH connection. */
export interface SshHop {
  host: string
  /** 22 when left out. */
  port?: number
  /** This machine's user when left out. */
  user?: string
  /** A private key on this machine; the agent and the usual keys of ~/.ssh are tried when left out. */
  keyFile?: string
}

/** Files on this machine. Without a CA the system's are trusted. */
export interface TlsFiles {
  ca?: string
  certificate?: string
  key?: string
  /** The name that the engine's certificate must bear, where it is not the host's. */
  serverName?: string
}

/** How an engine is reached. `embedded` is Slipway's own. */
export type ConnectionTarget = { kind: 'embedded'; socketPath: string } | SavedTarget
export type SavedTarget =
  | { kind: 'socket'; socketPath: string }
  /** Without `tls` nothing is encrypted and nobody is asked who they are. */
  | { kind: 'tcp'; host: string; port: number; tls?: TlsFiles }
  /** `socketPath` is there; when left out, `docker system dial-stdio` finds it, or a usual place has one. */
  | ({ kind: 'ssh'; socketPath?: string; jump?: SshHop } & SshHop)

/** Fingerprints (`SHA256:…`) that the user accepted, by `host:port`. */
export type HostKeys = Record<string, string>

/** As it is kept in the settings. Its secrets are kept apart. */
export interface SavedConnection {
  id: ConnectionId
  name: string
  /** One of the identity colours. */
  colour?: number
  target: SavedTarget
  hostKeys?: HostKeys
}

/** What is not told to anybody. An empty text forgets what is kept; what is left out stays as it is. */
export interface ConnectionSecrets {
  password?: string
  passphrase?: string
  jumpPassword?: string
  jumpPassphrase?: string
}
export const secretNames = ['password', 'passphrase', 'jumpPassword', 'jumpPassphrase'] as const satisfies readonly (keyof ConnectionSecrets)[]

/** `reconnecting`: it worked before; what is shown is as of `since`. `failed`: it will not be tried again by itself. */
export type ConnectionState =
  | { status: 'connecting'; reason?: string }
  | { status: 'ready'; since: Timestamp; facts: EngineFacts }
  | { status: 'reconnecting'; since: Timestamp; reason: string }
  | { status: 'failed'; error: SerializedError }

export interface ConnectionSummary {
  id: ConnectionId
  name: string
  colour?: number
  /** Where it stands in a list, from 0. */
  place: number
  target: ConnectionTarget
  state: ConnectionState
}

/** What an engine holds. */
export interface EngineItems {
  containers: ContainerSummary[]
  images: ImageSummary[]
  networks: NetworkSummary[]
  volumes: VolumeSummary[]
}
/** An engine's items, whole; one of them that changed; or the engine is no longer among the connections. */
export type EverywhereMessage = { connection: ConnectionId } & ({ kind: 'all'; items: EngineItems } | { kind: 'change'; event: ItemEvent } | { kind: 'gone' })
export type ItemEvent = Extract<EngineEvent, { type: `${'container' | 'image' | 'network' | 'volume'}.${'changed' | 'removed'}` }>

/** What was found on this machine and could be connected to. */
export interface ConnectionOffers {
  sockets: SocketOffer[]
  contexts: ContextOffer[]
  /** Hosts of ~/.ssh/config. */
  sshHosts: SshHostOffer[]
  secretPlace: SecretPlace
  /** An SSH agent answers. */
  sshAgent: boolean
}
export interface SocketOffer {
  socketPath: string
  product: 'Docker' | 'Podman' | 'Slipway'
  /** Of whom: of the system, or of this user alone. */
  owner: 'system' | 'user'
  /** This user may write to it. */
  usable: boolean
}
export interface ContextOffer {
  name: string
  description?: string
  target: SavedTarget
}
export interface SshHostOffer {
  alias: string
  target: Extract<SavedTarget, { kind: 'ssh' }>
}

export interface ConnectionTrial {
  /** Of the connection that is changed: its kept secrets stand in for those left out. */
  id?: ConnectionId
  target: SavedTarget
  hostKeys?: HostKeys
  secrets?: ConnectionSecrets
}
/** `host-key`: nobody has accepted the key of that host yet, or it is another than was accepted (`accepted`). */
export type TrialOutcome = { kind: 'ready'; facts: EngineFacts } | { kind: 'host-key'; host: string; keyType: string; fingerprint: string; accepted?: string; knownToSsh: boolean }

export interface ConnectionDraft {
  name: string
  colour?: number
  target: SavedTarget
  hostKeys?: HostKeys
  secrets?: ConnectionSecrets
}

export interface ConnectionsContract {
  list(): Promise<ConnectionSummary[]>
  /** This window shows that engine from now on; a snapshot event follows. */
  select(request: { id: ConnectionId }): Promise<void>
  /** Tries again at once instead of at the end of the delay. */
  retry(request: { id: ConnectionId }): Promise<void>
  offers(): Promise<ConnectionOffers>
  /** Connects once, keeps nothing. @throws why it does not work */
  test(request: ConnectionTrial): Promise<TrialOutcome>
  add(request: ConnectionDraft): Promise<ConnectionSummary>
  /** What is kept of it, with which secrets there are, not what they are. */
  saved(request: { id: ConnectionId }): Promise<SavedConnection & { secrets: (keyof ConnectionSecrets)[] }>
  change(request: ConnectionDraft & { id: ConnectionId }): Promise<ConnectionSummary>
  /** To another place in the list; the first place is the app's own engine's. */
  move(request: { id: ConnectionId; place: number }): Promise<void>
  /** Forgets it and its secrets; windows that show it go to the first. Nothing on that engine changes. */
  remove(request: { id: ConnectionId }): Promise<void>
}

const id = identifier<ConnectionId>()
const word = text(512)
const port = integer(1, 65_535)
const hop = { host: word, port: optional(port), user: optional(word), keyFile: optional(text(4096)) }
const tls = record<TlsFiles>({ ca: optional(text(4096)), certificate: optional(text(4096)), key: optional(text(4096)), serverName: optional(word) })
const savedTarget: Shape<SavedTarget> = variant<SavedTarget>('kind', {
  socket: record({ kind: literal('socket'), socketPath: text(4096) }),
  tcp: record({ kind: literal('tcp'), host: word, port, tls: optional(tls) }),
  ssh: record({ kind: literal('ssh'), ...hop, socketPath: optional(text(4096)), jump: optional(record<SshHop>(hop)) }),
} as Record<string, Shape<SavedTarget>>)
const hostKeys = optional(dictionary(word, 10))
const secret = optional(text(100_000))
const secrets = optional(record<ConnectionSecrets>({ password: secret, passphrase: secret, jumpPassword: secret, jumpPassphrase: secret }))
const one = record<{ id: ConnectionId }>({ id })
const face = { name: text(100), colour: optional(integer(0, 7)) }

export const savedConnection = record<SavedConnection>({ id, ...face, target: savedTarget, hostKeys })
export const connectionsShapes: Shapes<ConnectionsContract> = {
  list: nothing,
  select: one,
  retry: one,
  offers: nothing,
  test: record<ConnectionTrial>({ id: optional(id), target: savedTarget, hostKeys, secrets }),
  add: record<ConnectionDraft>({ ...face, target: savedTarget, hostKeys, secrets }),
  saved: one,
  change: record<ConnectionDraft & { id: ConnectionId }>({ id, ...face, target: savedTarget, hostKeys, secrets }),
  move: record<{ id: ConnectionId; place: number }>({ id, place: integer(0, 1000) }),
  remove: one,
}
