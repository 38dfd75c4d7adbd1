import { onTestFinished } from 'vitest'
import { openConnection, type Connection } from '../../connection.ts'
import { memoryJournal } from '../../journal.ts'
import { startFakeEngine, type FakeEngine } from '../../testing/fake-engine.ts'
import { installFakeSwarm, type FakeSwarm } from '../../testing/fake-swarm.ts'
import { clusterOf } from '../cluster.ts'
import { createClusterMoves } from '../move/moves.ts'

export interface Lab {
  engine: FakeEngine
  swarm: FakeSwarm
  connection: Connection
  cluster: ReturnType<typeof clusterOf>
}

/** An engine that can be of a cluster and is of none, and the app's connection to it, until the test is over. */
export async function startLab(): Promise<Lab> {
  const engine = await startFakeEngine()
  const swarm = installFakeSwarm(engine)
  const connection = openConnection({ id: 'lab', name: 'Lab', target: { kind: 'socket', socketPath: engine.socketPath } })
  onTestFinished(async () => {
    await connection[Symbol.asyncDispose]()
    await engine[Symbol.asyncDispose]()
  })
  await connection.ready(new AbortController().signal)
  return { engine, swarm, connection, cluster: clusterOf(connection, () => connection, createClusterMoves(memoryJournal())) }
}
