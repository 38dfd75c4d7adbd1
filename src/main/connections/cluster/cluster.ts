/**
 * A cluster of Docker engines (swarm mode), through Docker's API of one of its managers. What it is and what it holds is one stream (watch.ts);
 * what is done to it is a call each. Engines of one machine say so (standing.ts).
 */
import type { ConnectionId } from '#shared/contract/connections.ts'
import type { Contract, Implementation } from '#shared/contract/contract.ts'
import type { Connection } from '../connection.ts'
import { each } from '../each.ts'
import type { Operation } from '../operation.ts'
import { createFile, readConfig } from './files.ts'
import { draftOfContainer } from './from-container.ts'
import type { ClusterMoves } from './move/moves.ts'
import { planMove } from './move/plan.ts'
import { changeNode, removeNode } from './nodes.ts'
import { changeService, createService, readService, removeService, restartService, rollbackService, scaleService } from './services.ts'
import { removeStack } from './stack.ts'
import { deployFile, planStack } from './stacks.ts'
import { admit, initCluster, joinCluster, leaveCluster, readJoining, rotateToken, standingOf } from './standing.ts'

export function clusterOf(connection: Connection, find: (id: ConnectionId) => Connection, moves: Pick<ClusterMoves, 'move'>): Implementation<Contract, Operation>['cluster'] {
  const { api } = connection
  return {
    standing: (_request, { signal }) => standingOf(connection, signal),
    init: (request, { signal }) => initCluster(connection, request, signal),
    join: (request, { signal }) => joinCluster(connection, request, signal),
    admit: (request, { signal }) => admit(connection, find(request.connection), request.role, signal),
    leave: ({ force = false }, { signal }) => leaveCluster(connection, force, signal),
    joining: (_request, { signal }) => readJoining(api, signal),
    rotate: ({ role }, { signal }) => rotateToken(api, role, signal),
    changeNode: (request, { signal }) => changeNode(api, request, signal),
    removeNode: (request, { signal }) => removeNode(api, request, signal),
    draftOfContainer: ({ container }, { signal }) => draftOfContainer(api, container, signal),
    service: ({ id }, { signal }) => readService(api, id, signal),
    create: ({ draft }, { signal }) => createService(api, draft, signal),
    change: ({ id, draft }, { signal }) => changeService(api, id, draft, signal),
    scale: ({ id, replicas }, { signal }) => scaleService(api, id, replicas, signal),
    restart: ({ id }, { signal }) => restartService(api, id, signal),
    rollback: ({ id }, { signal }) => rollbackService(api, id, signal),
    remove: ({ ids }) => each(ids, (id) => removeService(api, id)),
    planStack: (request, { signal }) => planStack(connection, request, signal),
    deployStack: (request, { signal }) => deployFile(connection, request, signal),
    removeStack: ({ name }, { signal }) => removeStack(api, name, signal),
    createSecret: (request, { signal }) => createFile(api, 'secrets', request, signal),
    createConfig: (request, { signal }) => createFile(api, 'configs', request, signal),
    readConfig: ({ id }, { signal }) => readConfig(api, id, signal),
    removeFiles: ({ secrets, configs }) => each([...secrets.map((id) => `secrets/${id}`), ...configs.map((id) => `configs/${id}`)], (path) => api.json('DELETE', `/${path}`)),
    planMove: (request, { signal }) => planMove(connection, find(request.to), request, signal),
    move: (request, operation) => moves.move(connection, find(request.to), request, operation),
  }
}
