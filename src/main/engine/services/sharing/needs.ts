import type { PortForwarder } from '../../core/host/host.ts'

/** What sharing requires of its siblings; engine/index.ts fills it in. */
export interface SharingNeeds {
  /** Serves the engine's images there. */
  open(place: { host: string; port: number; tls?: { certificate: string; key: string } | undefined }): Promise<{ port: number; close(): Promise<void> }>
  /** Where the engine lives in a user's namespaces, ports of the machine are led there. */
  portForwarder: PortForwarder | undefined
  /** Names and addresses of this machine. */
  hosts(): string[]
}
