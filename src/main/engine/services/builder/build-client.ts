import type { Duplex } from 'node:stream'
import type { RegistryAuth } from './needs.ts'

/** What a client that stays connected is asked while its build runs. The classic API has none: it sends all it has with its request. */
export interface BuildClient {
  /** Of a registry, by its host. */
  credentials(host: string): Promise<RegistryAuth | undefined>
  /** Undefined: it has no such secret. */
  secret(id: string): Promise<Buffer | undefined>
  /** Joins a connection to its SSH agent. Undefined: it has no such agent. */
  agent(id: string): Promise<((connection: Duplex) => void) | undefined>
}
