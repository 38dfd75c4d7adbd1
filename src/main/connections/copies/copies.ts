/**
 * Copies from one engine to another, through the app: the source's own archive is read and given to the target as it comes, nothing lies on a disk
 * in between. Of an image, layers that the target has are taken out of the archive on the way (thin-archive.ts); every engine that keeps layers by their
 * chain loads such an archive, and one that does not is given the whole of it.
 */
import type { ConnectionId, ConnectionSummary } from '#shared/contract/connections.ts'
import type { Contract, Implementation } from '#shared/contract/contract.ts'
import { EngineError } from '#shared/errors.ts'
import type { Connection } from '../connection.ts'
import type { Operation } from '../operation.ts'
import { copyImage } from './copy-image.ts'
import { copyVolume } from './copy-volume.ts'

export function copiesOf(source: Connection, find: (id: ConnectionId) => Connection): Implementation<Contract, Operation>['copies'] {
  return {
    image: ({ id, to }, operation) => copyImage(source, reachable(source, find(to)), id, operation),
    volume: ({ name, to, as }, operation) => copyVolume(source, reachable(source, find(to)), name, as, operation),
  }
}

function reachable(source: Connection, target: Connection): Connection {
  if (target === source) throw new EngineError('invalid-argument', 'That is the engine it is on.', { reason: 'same-engine' })
  const summary: ConnectionSummary = target.summary()
  if (summary.state.status !== 'ready') throw new EngineError('unavailable', `${summary.name} cannot be reached right now.`, { reason: 'engine-unreachable', hint: 'Try again when it is connected.' })
  return target
}
