import { identifier, record, text, type Shapes } from './shape.ts'
import type { ConnectionId } from './connections.ts'
import type { VolumeSummary } from './volumes.ts'

export interface CopyAnswer {
  /** Bytes that were sent. */
  bytes: number
  /** Layers that were there already, and of how many. */
  layersThere: number
  layers: number
}

/** From the engine that is looked at to another that the app is connected to. The bytes pass through the app; both engines may be anybody's. */
export interface CopiesContract {
  /** With its names; layers that the other engine has are not sent. Progress. @throws unavailable when the other cannot be reached */
  image(request: { id: string; to: ConnectionId }): Promise<CopyAnswer>
  /** Into a new volume there, with owners, modes, attributes and links. Progress. @throws already-exists */
  volume(request: { name: string; to: ConnectionId; as: string }): Promise<VolumeSummary>
}

const to = identifier<ConnectionId>()
export const copiesShapes: Shapes<CopiesContract> = {
  image: record<{ id: string; to: ConnectionId }>({ id: identifier<string>(), to }),
  volume: record<{ name: string; to: ConnectionId; as: string }>({ name: identifier<string>(), to, as: text(255) }),
}
