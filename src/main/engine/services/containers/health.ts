import { randomBytes } from 'node:crypto'
import { messageOf } from '#shared/errors.ts'
import { formatTimestamp } from '#base/timestamps.ts'
import type { Healthcheck } from '#shared/oci/image-config.ts'
import type { Task } from '../../core/runtime/runtime.ts'
import type { ContainersContext } from './context.ts'
import { execAction, publishContainerEvent } from './events.ts'
import { goDuration } from './go-duration.ts'
import type { ContainerRecord, HealthProbe, HealthState } from './record.ts'
import { SIGKILL } from './signals.ts'

const SECOND = 1_000_000_000
const DEFAULTS = { interval: 30 * SECOND, timeout: 30 * SECOND, startInterval: 5 * SECOND, retries: 3 }
const LOG_LENGTH = 5
const OUTPUT_LIMIT = 4096

interface Plan {
  args: string[]
  /** Milliseconds. */
  interval: number
  timeout: number
  startPeriod: number
  startInterval: number
  retries: number
}

/** What to probe with; undefined when the container has no health check. */
export function healthPlan(check: Healthcheck | undefined, shell: readonly string[] | null | undefined): Plan | undefined {
  const [kind, ...rest] = check?.Test ?? []
  // One of a kind that nobody knows is not run, as by Docker, which says so in its own log only.
  if (!check || (kind !== 'CMD' && kind !== 'CMD-SHELL')) return undefined
  const milliseconds = (value: number | undefined, otherwise: number) => (value || otherwise) / 1e6
  return {
    args: kind === 'CMD-SHELL' ? [...(shell ?? ['/bin/sh', '-c']), rest[0] ?? ''] : rest,
    interval: milliseconds(check.Interval, DEFAULTS.interval),
    timeout: milliseconds(check.Timeout, DEFAULTS.timeout),
    startPeriod: milliseconds(check.StartPeriod, 0),
    // Docker waits these 5 s even where the interval is shorter; nobody who did not ask for that wants it.
    startInterval: milliseconds(check.StartInterval, Math.min(DEFAULTS.startInterval, check.Interval || DEFAULTS.interval)),
    retries: check.Retries || DEFAULTS.retries,
  }
}

/** Probes a running container until it ends; `resumed` keeps what an earlier engine knew. */
export function watchHealth(ctx: ContainersContext, id: string, resumed = false): void {
  const record = ctx.records.byId(id)
  const plan = record && healthPlan(record.config.Healthcheck, record.config.Shell)
  const live = ctx.live.of(id)
  live.health?.[Symbol.dispose]()
  live.health = undefined
  if (!record || !plan) return
  if (!resumed || !record.health) saveHealth(ctx, id, { status: 'starting', failingStreak: 0, log: [] })
  const startedAt = performance.now()
  const delay = () => (performance.now() - startedAt < plan.startPeriod && ctx.records.byId(id)?.health?.status === 'starting' ? plan.startInterval : plan.interval)
  let timer: NodeJS.Timeout | undefined
  let over = false
  const turn = async () => {
    const { task } = ctx.live.of(id)
    const current = ctx.records.byId(id)
    if (over || !task || current?.state.status === 'removing') return
    if (current?.state.status === 'running') {
      const probe = await probeOnce(ctx, current, task, plan)
      if (!over) settleProbe(ctx, id, probe, plan, performance.now() - startedAt < plan.startPeriod)
    }
    if (!over) timer = setTimeout(() => void turn(), delay())
  }
  timer = setTimeout(() => void turn(), delay())
  live.health = {
    [Symbol.dispose]() {
      over = true
      clearTimeout(timer)
    },
  }
}

function settleProbe(ctx: ContainersContext, id: string, probe: HealthProbe, plan: Plan, inStartPeriod: boolean): void {
  const record = ctx.records.byId(id)
  if (!record?.health) return
  const { status, failingStreak, log } = record.health
  const passed = probe.exitCode === 0
  const streak = passed ? 0 : status === 'starting' && inStartPeriod ? 0 : failingStreak + 1
  const next: HealthState = { status: passed ? 'healthy' : streak >= plan.retries ? 'unhealthy' : status, failingStreak: streak, log: [...log, probe].slice(-LOG_LENGTH) }
  saveHealth(ctx, id, next)
  if (next.status !== status) publishContainerEvent(ctx, record, `health_status: ${next.status}`)
}

function saveHealth(ctx: ContainersContext, id: string, health: HealthState): void {
  const record = ctx.records.byId(id)
  if (record) ctx.records.commit({ ...record, health })
}

async function probeOnce(ctx: ContainersContext, record: ContainerRecord, task: Task, plan: Plan): Promise<HealthProbe> {
  const start = formatTimestamp(ctx.clock())
  const result = await runProbe(ctx, record, task, plan).catch((error: unknown) => ({ exitCode: -1, output: messageOf(error) }))
  return { start, end: formatTimestamp(ctx.clock()), ...result }
}

async function runProbe(ctx: ContainersContext, record: ContainerRecord, task: Task, plan: Plan): Promise<{ exitCode: number; output: string }> {
  const execId = randomBytes(32).toString('hex')
  const process = await ctx.spec.exec({
    containerId: record.id,
    rootfs: ctx.layout.container(record.id).rootfs,
    args: plan.args,
    env: [],
    cwd: undefined,
    tty: false,
    privileged: false,
  })
  const exec = await task.exec({ execId, process, stdin: false })
  publishContainerEvent(ctx, record, execAction('exec_create', plan.args), { execID: execId }, { passing: true })
  await using undo = new AsyncDisposableStack()
  undo.defer(() => exec.remove())
  await using stream = await exec.attach({ stdin: false, stdout: true, stderr: true })
  let output = ''
  const reading = (async () => {
    for await (const { bytes } of stream.output()) if (output.length < OUTPUT_LIMIT) output += Buffer.from(bytes).toString()
  })()
  let late = false
  await exec.start()
  publishContainerEvent(ctx, record, execAction('exec_start', plan.args), { execID: execId }, { passing: true })
  const timer = setTimeout(() => {
    late = true
    void exec.signal(SIGKILL).catch(() => {})
  }, plan.timeout)
  const exit = await exec.exited.finally(() => clearTimeout(timer))
  publishContainerEvent(ctx, record, 'exec_die', { execID: execId, exitCode: String(exit.code) }, { passing: true })
  await reading
  const said = output.slice(0, OUTPUT_LIMIT)
  return late ? { exitCode: -1, output: `Health check exceeded timeout (${goDuration(plan.timeout)})${said && `: ${said}`}` } : { exitCode: exit.code, output: said }
}
