import protobuf from 'protobufjs'
import { SCHEMA } from './schema.ts'

/** One kind of message. Fields that are not given are left out; fields that did not come have the default of their type. */
export interface MessageType<Message> {
  encode(message: Partial<Message>): Uint8Array
  decode(bytes: Uint8Array): Message
}

const { root } = protobuf.parse(SCHEMA, { keepCase: true })

function message<Message extends object>(name: string): MessageType<Message> {
  const type = root.lookupType(name)
  return {
    encode: (value) => type.encode(type.fromObject(value)).finish(),
    decode: (bytes) => type.toObject(type.decode(bytes), { longs: Number, bytes: Buffer, defaults: true }) as Message,
  }
}

export type Attributes = Record<string, string>
export interface Timestamp {
  seconds: number
  nanos: number
}
export interface Exporter {
  Type: string
  Attrs: Attributes
}
/** LLB: each operation is a message of its own; the last one says which of them is the result. */
export interface Definition {
  def: Uint8Array[]
  metadata: Record<string, object>
}
export interface Operation {
  inputs: { digest: string; index: number }[]
  source: { identifier: string } | null
}
export interface SolveRequest {
  Ref: string
  Definition: Definition | null
  ExporterDeprecated: string
  ExporterAttrsDeprecated: Attributes
  Session: string
  Frontend: string
  FrontendAttrs: Attributes
  Cache: { Exports: Exporter[]; Imports: Exporter[] } | null
  Entitlements: string[]
  Exporters: Exporter[]
}
export interface Vertex {
  digest: string
  inputs: string[]
  name: string
  cached: boolean
  started: Timestamp
  completed: Timestamp
  error: string
}
export interface VertexStatus {
  ID: string
  vertex: string
  name: string
  current: number
  total: number
  timestamp: Timestamp
  started: Timestamp
  completed: Timestamp
}
export interface StatusResponse {
  vertexes: Partial<Vertex>[]
  statuses: Partial<VertexStatus>[]
  logs: { vertex: string; timestamp: Timestamp; stream: number; msg: Buffer }[]
  warnings: { vertex: string; level: number; short: Buffer }[]
}
export interface WorkerRecord {
  ID: string
  Labels: Attributes
  platforms: { Architecture: string; OS: string; Variant?: string }[]
  BuildkitVersion: BuildkitVersion
}
export interface BuildkitVersion {
  package: string
  version: string
  revision: string
}
export interface UsageRecord {
  ID: string
  Mutable: boolean
  InUse: boolean
  Size: number
  CreatedAt: Timestamp
  LastUsedAt: Timestamp
  UsageCount: number
  Description: string
  RecordType: string
  Shared: boolean
  Parents: string[]
}
export interface GatewaySolveRequest {
  Definition: Definition | null
  Frontend: string
  FrontendOpt: Attributes
  FrontendInputs: Record<string, Definition>
}
export interface RpcStatus {
  code: number
  message: string
  details: { type_url: string; value: Uint8Array }[]
}
export interface Result {
  ref: { id: string; def?: Definition }
  metadata: Record<string, Uint8Array>
}
/** Of a file: `mode` is Go's, `modTime` is in nanoseconds. */
export interface Stat {
  path: string
  mode: number
  uid: number
  gid: number
  size: number
  modTime: number
  linkname: string
  devmajor: number
  devminor: number
  xattrs: Record<string, Buffer>
}
export interface Packet {
  type: number
  stat: Stat | null
  ID: number
  data: Buffer
}

export const messages = {
  empty: message<object>('Empty'),
  bytes: message<{ data: Buffer }>('Bytes'),
  status: message<RpcStatus>('Status'),
  operation: message<Operation>('Op'),
  solveRequest: message<SolveRequest>('SolveRequest'),
  solveResponse: message<{ ExporterResponse: Attributes }>('SolveResponse'),
  statusRequest: message<{ Ref: string }>('StatusRequest'),
  statusResponse: message<StatusResponse>('StatusResponse'),
  infoResponse: message<{ buildkitVersion: BuildkitVersion }>('InfoResponse'),
  listWorkersResponse: message<{ record: WorkerRecord[] }>('ListWorkersResponse'),
  diskUsageResponse: message<{ record: Partial<UsageRecord>[] }>('DiskUsageResponse'),
  pruneRequest: message<{ filter: string[]; all: boolean; keepDuration: number; keepBytes: number }>('PruneRequest'),
  usageRecord: message<UsageRecord>('UsageRecord'),
  gatewaySolveRequest: message<GatewaySolveRequest>('GatewaySolveRequest'),
  gatewaySolveResponse: message<{ ref: string; result: Partial<Result> }>('GatewaySolveResponse'),
  returnRequest: message<{ result: Partial<Result> | null; error: RpcStatus | null }>('ReturnRequest'),
  pongResponse: message<{ FrontendAPICaps: { ID: string; Enabled: boolean }[]; LLBCaps: { ID: string; Enabled: boolean }[]; Workers: WorkerRecord[] }>('PongResponse'),
  packet: message<{ type: number; stat: Partial<Stat> | null; ID: number; data: Uint8Array }>('Packet') as MessageType<Packet>,
  credentialsRequest: message<{ Host: string }>('CredentialsRequest'),
  credentialsResponse: message<{ Username: string; Secret: string }>('CredentialsResponse'),
  getSecretRequest: message<{ ID: string }>('GetSecretRequest'),
  getSecretResponse: message<{ data: Buffer }>('GetSecretResponse'),
  checkAgentRequest: message<{ ID: string }>('CheckAgentRequest'),
}

export const timestamp = (milliseconds: number): Timestamp => ({ seconds: Math.floor(milliseconds / 1000), nanos: Math.round((milliseconds % 1000) * 1e6) })
