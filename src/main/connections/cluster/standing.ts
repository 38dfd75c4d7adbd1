import { isIPv6 } from 'node:net'
import type { ClusterStanding, JoinCommands, NodeRole } from '#shared/contract/cluster.ts'
import type { EngineFacts } from '#shared/contract/engine.ts'
import { EngineError } from '#shared/errors.ts'
import type { Connection } from '../connection.ts'
import type { EngineApi } from '../engine-api.ts'
import type { WireNode, WireSwarm, WireSwarmInfo } from './wire.ts'

type Engine = Pick<Connection, 'api' | 'summary' | 'learn'>

/** Every manager listens there, for those that join. */
const listen = '0.0.0.0:2377'

export async function standingOf({ api, summary }: Pick<Connection, 'api' | 'summary'>, signal: AbortSignal): Promise<ClusterStanding> {
  const product = unable(summary())
  if (product !== undefined) return { kind: 'unable', product }
  const { Swarm } = await api.json<{ Swarm?: WireSwarmInfo }>('GET', '/info', { signal })
  return readStanding(Swarm ?? {})
}

/** Engines of one machine. */
function unable({ state }: ReturnType<Connection['summary']>): EngineFacts['product'] | undefined {
  return state.status === 'ready' && state.facts.product !== 'Docker' ? state.facts.product : undefined
}

function readStanding({ NodeID, LocalNodeState, ControlAvailable, Error: error, RemoteManagers }: WireSwarmInfo): ClusterStanding {
  if (LocalNodeState === 'active' && NodeID) {
    return ControlAvailable ? { kind: 'manager', node: NodeID } : { kind: 'worker', node: NodeID, managers: (RemoteManagers ?? []).map(({ Addr }) => Addr.replace(/:\d+$/, '')) }
  }
  const trouble = LocalNodeState === 'locked' ? 'The keys of this node are locked (docker swarm unlock).' : error || undefined
  return { kind: 'none', ...(trouble && { trouble }) }
}

export async function initCluster({ api, learn }: Engine, { advertise }: { advertise?: string }, signal: AbortSignal): Promise<void> {
  try {
    await api.json('POST', '/swarm/init', { body: { ListenAddr: listen, AdvertiseAddr: advertise || undefined, DefaultAddrPool: [], Spec: {} }, signal })
  } catch (error) {
    throw atField(error)
  }
  await learn(signal)
}

export async function joinCluster({ api, learn }: Engine, { addresses, token, advertise }: { addresses: string[]; token: string; advertise?: string }, signal: AbortSignal): Promise<void> {
  const RemoteAddrs = addresses.map(withPort)
  try {
    await api.json('POST', '/swarm/join', { body: { ListenAddr: listen, AdvertiseAddr: advertise || undefined, RemoteAddrs, JoinToken: token.trim() }, signal })
  } catch (error) {
    throw atField(error)
  }
  await learn(signal)
}

/** `host`, `10.0.0.1:2377`, `fd00::1`, `[fd00::1]:2377`. Whatever has several colons and no bracket is IPv6, which a port can only follow in brackets. */
function withPort(address: string): string {
  const plain = address.trim()
  if (/^(\[.*\]|[^:]*):\d+$/.test(plain)) return plain
  return `${isIPv6(plain) ? `[${plain}]` : plain}:2377`
}

/** Docker's sentences, at what they are about. */
function atField(error: unknown): unknown {
  if (!(error instanceof EngineError)) return error
  const field = /advertise|system has multiple addresses|choose an IP/i.test(error.message) ? 'advertise' : /token/i.test(error.message) ? 'token' : /dial|connection|remote manager|timeout|deadline/i.test(error.message) ? 'addresses' : undefined
  return field === undefined ? error : new EngineError(error.code, error.message, { reason: error.reason, hint: error.hint, field, cause: error })
}

export async function leaveCluster({ api, learn }: Engine, force: boolean, signal: AbortSignal): Promise<void> {
  await api.json('POST', '/swarm/leave', { query: { force }, body: {}, signal })
  await learn(signal)
}

export async function readJoining(api: EngineApi, signal: AbortSignal): Promise<JoinCommands> {
  const [{ JoinTokens }, addresses] = await Promise.all([api.json<WireSwarm>('GET', '/swarm', { signal }), managersOf(api, signal)])
  const command = (token: string) => `docker swarm join --token ${token} ${addresses[0] ?? ''}`
  return { worker: command(JoinTokens.Worker), manager: command(JoinTokens.Manager) }
}

/** Of managers that answer, this engine's first. */
async function managersOf(api: EngineApi, signal: AbortSignal): Promise<string[]> {
  const [{ Swarm }, nodes] = await Promise.all([api.json<{ Swarm?: WireSwarmInfo }>('GET', '/info', { signal }), api.json<WireNode[]>('GET', '/nodes', { signal })])
  return nodes
    .filter(({ ManagerStatus }) => ManagerStatus?.Addr && ManagerStatus.Reachability === 'reachable')
    .sort((a, b) => Number(b.ID === Swarm?.NodeID) - Number(a.ID === Swarm?.NodeID))
    .flatMap(({ ManagerStatus }) => ManagerStatus?.Addr ?? [])
}

export async function rotateToken(api: EngineApi, role: NodeRole, signal: AbortSignal): Promise<JoinCommands> {
  const { Version, Spec } = await api.json<WireSwarm>('GET', '/swarm', { signal })
  await api.json('POST', '/swarm/update', { query: { version: Version.Index, rotateWorkerToken: role === 'worker', rotateManagerToken: role === 'manager' }, body: Spec, signal })
  return readJoining(api, signal)
}

/** `member` joins the cluster that `manager` is of. */
export async function admit(manager: Engine, member: Engine, role: NodeRole, signal: AbortSignal): Promise<void> {
  const { JoinTokens } = await manager.api.json<WireSwarm>('GET', '/swarm', { signal })
  await joinCluster(member, { addresses: await managersOf(manager.api, signal), token: role === 'manager' ? JoinTokens.Manager : JoinTokens.Worker }, signal)
}
