/**
 * "Move this to the cluster". Nothing here is stopped, whatever comes of it: images are brought where the machines can fetch them, the stack is deployed, and
 * it is waited until every task of it runs and is healthy. A failure on the way, or a change of mind, takes back all that was done there.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { MoveAnswer, MoveRequest, MoveStep } from '#shared/contract/cluster-move.ts'
import { EngineError, isEngineError, messageOf } from '#shared/errors.ts'
import type { Connection } from '../../connection.ts'
import { placeImages, type Placed } from '../../copies/place-images.ts'
import type { Operation } from '../../operation.ts'
import { deployStack, type StackDraft } from '../stack.ts'
import type { WireService, WireTask } from '../wire.ts'
import { readMoved, refuseTaken, type MovedStack } from './plan.ts'

type Engine = Pick<Connection, 'api' | 'mirror' | 'summary' | 'hostFacts'>

/** Milliseconds until everything must be healthy, unless somebody says so, and from one look at the tasks to the next. */
const usualPatience = 300_000
const period = 1_000
/** Ends of one service's tasks that are no accident any more. */
const mostFailures = 3

/** What outlives the app, and what is marked so that it is found again. */
interface Kept {
  mark: Record<string, string>
  /** Before the first deed. */
  begin(): Promise<void>
  naming(name: string): Promise<void>
  /** Milliseconds from one look at the tasks to the next. */
  pace?: number
}

export async function moveToCluster(source: Engine, target: Engine, request: MoveRequest, operation: Operation, { mark, begin, naming, pace = period }: Kept): Promise<MoveAnswer> {
  const tell = (step: MoveStep, current: number, total: number, subject?: string) => operation.progress({ kind: 'move', step, current, total, ...(subject !== undefined && { subject }) })
  const { signal } = operation
  await refuseTaken(target, request.stack, signal)
  const moved = await readMoved(source, request, signal)
  await begin()
  await using names = new AsyncDisposableStack()
  const deployed = new AsyncDisposableStack()
  try {
    const locals = [...new Map(moved.services.flatMap(({ local }) => (local ? [[local.reference || local.id, local] as const] : []))).values()]
    const placed = await placeImages(source, locals, request.images, { signal, progress: () => {}, names, naming, tell: (done, total, subject) => tell('images', done, total, subject) }, target)
    const stack = stackOf(moved, request, placed)
    const { warnings } = deployed.use(await deployStack(target.api, stack, { signal, tell, mark, ...(placed.auth !== undefined && { auth: placed.auth }) }))
    await untilHealthy(target, stack, request.patience ?? usualPatience, signal, (done, total) => tell('waiting', done, total), pace)
    return { stack: stack.name, services: stack.services.map(({ name }) => name), ...(warnings.length > 0 && { warnings }) }
  } catch (error) {
    tell('undoing', 0, 1)
    const left = await deployed.disposeAsync().then(() => undefined, (failure: unknown) => messageOf(failure))
    throw asUndone(error, left)
  }
}

function stackOf({ services, networks }: MovedStack, { stack, mesh, binds }: MoveRequest, { names }: Placed): StackDraft {
  const drafts = services.map(({ draft, local }) => ({
    ...draft,
    image: (local && names.get(local.reference || local.id)) ?? draft.image,
    endpointMode: mesh ? ('vip' as const) : ('dnsrr' as const),
    ports: draft.ports.map((port) => ({ ...port, mode: mesh ? ('ingress' as const) : ('host' as const) })),
    mounts: draft.mounts.filter(({ kind }) => kind !== 'bind' || binds === 'expect'),
  }))
  return { name: stack, services: drafts, networks, secrets: [], configs: [] }
}

/** Of a swarm, a task runs when its health check says so. Two looks in a row, so that what starts and falls is not taken for running. */
async function untilHealthy({ api }: Engine, stack: StackDraft, patience: number, signal: AbortSignal, tell: (done: number, total: number) => void, pace: number): Promise<void> {
  const until = performance.now() + patience
  const services = (await api.json<WireService[]>('GET', '/services', { signal })).filter(({ Spec }) => stack.services.some(({ name }) => name === Spec.Name))
  const total = stack.services.reduce((sum, { replicas }) => sum + replicas, 0)
  for (let inARow = 0; inARow < 2; ) {
    const tasks = (await api.json<WireTask[]>('GET', '/tasks', { signal })).filter(({ ServiceID }) => services.some(({ ID }) => ID === ServiceID))
    refuseFailing(services, tasks)
    const running = tasks.filter(({ DesiredState, Status }) => DesiredState === 'running' && Status.State === 'running').length
    tell(running, total)
    inARow = running >= total ? inARow + 1 : 0
    if (inARow < 2 && performance.now() > until) throw unhealthy(services, tasks, 'deadline-exceeded', `Only ${running} of ${total} tasks were healthy in time.`)
    await wait(pace, undefined, { signal })
  }
}

function refuseFailing(services: readonly WireService[], tasks: readonly WireTask[]): void {
  for (const service of services) {
    const ends = tasks.filter(({ ServiceID, Status }) => ServiceID === service.ID && (Status.State === 'failed' || Status.State === 'rejected'))
    if (ends.length >= mostFailures) throw unhealthy([service], ends, 'failed-precondition', `${service.Spec.Name} does not stay up on the cluster.`)
  }
}

function unhealthy(services: readonly WireService[], tasks: readonly WireTask[], code: 'failed-precondition' | 'deadline-exceeded', message: string): EngineError {
  const said = tasks.map(({ Status, ServiceID }) => ({ service: services.find(({ ID }) => ID === ServiceID)?.Spec.Name, why: Status.Err })).find(({ why }) => why)
  return new EngineError(code, said ? `${message} ${said.service}: ${said.why}` : message, { reason: 'not-healthy' })
}

/** Whoever reads of it should know at once that nothing is lost. */
function asUndone(error: unknown, left: string | undefined): unknown {
  if (!isEngineError(error) || (error.code === 'cancelled' && left === undefined)) return error
  const words = left === undefined ? 'What was deployed there is removed again.' : `Not all that was deployed there could be removed (${left}). It is tried again when Slipway next meets that cluster.`
  return new EngineError(error.code, error.message, { reason: left === undefined ? error.reason : 'move-not-undone', hint: [error.hint, 'What runs here goes on as before.', words].filter(Boolean).join(' '), field: error.field, remedy: error.remedy, cause: error })
}
