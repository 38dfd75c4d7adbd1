import type { ContainerState, ContainerSummary } from '#shared/contract/containers.ts'
import type { ContainerNotice } from '#shared/contract/notices.ts'
import type { Connection } from '../../connections/connection.ts'
import { readLines } from '../../connections/logs.ts'
import type { WireContainerDetail } from '../../connections/wire/container.ts'

/** Lines of a log that are told with a notice. */
const lastWords = 5
/** A container that crashes again within this time (milliseconds) is not told of again. */
const quiet = 60_000
/** One that is started again each time is one piece of news until it has run this long: an engine waits up to a minute before it does. */
const quietInLoop = 150_000

/** Ends that somebody asked for without the engine's knowing: by Ctrl-C, by a signal from inside. */
const asked = new Set([0, 130, 137, 143])

/** Hears of containers that crash or turn unhealthy while they are watched; what was so before is no news. @returns stops watching. */
export function watchContainers(connection: Connection, tell: (notice: ContainerNotice) => void, clock: () => number = Date.now): () => void {
  const before = new Map<string, ContainerState>()
  const heardAt = new Map<string, number>()
  const closing = new AbortController()
  const remember = () => {
    before.clear()
    for (const { id, state } of connection.mirror.items().containers) before.set(id, state)
  }

  async function look(container: ContainerSummary, kind: ContainerNotice['kind']): Promise<void> {
    const now = clock()
    const detail = await connection.api.json<WireContainerDetail>('GET', `/containers/${container.id}/json`, { signal: closing.signal })
    const outOfMemory = detail.State.OOMKilled === true
    const code = detail.State.ExitCode ?? 0
    // Killed by the kernel for want of memory looks like a kill that was asked for, but for this flag.
    const isAsked = asked.has(code) || (container.state.status === 'exited' && container.state.asked)
    if (kind === 'crash' && isAsked && !outOfMemory) return
    const key = `${kind} ${container.id}`
    const isLoop = container.state.status === 'restarting'
    const isNews = now - (heardAt.get(key) ?? -Infinity) >= (isLoop ? quietInLoop : quiet)
    if (isNews || isLoop) heardAt.set(key, now)
    if (!isNews) return
    tell({ kind, container: { id: container.id, name: container.name }, ...(kind === 'crash' && { code, outOfMemory }), lines: await readLastWords(connection, container.id, closing.signal) })
  }

  const stop = connection.onEvent((event) => {
    if (event.type === 'reset') remember()
    if (event.type === 'container.removed') before.delete(event.id)
    if (event.type !== 'container.changed') return
    const { container } = event
    const was = before.get(container.id)
    before.set(container.id, container.state)
    const kind = was && newsOf(was, container.state)
    // A container that is gone again can no longer be asked.
    if (kind) void look(container, kind).catch(() => undefined)
  })
  remember()
  return () => {
    stop()
    closing.abort()
  }
}

function newsOf(was: ContainerState, is: ContainerState): ContainerNotice['kind'] | undefined {
  const lived = was.status === 'running' || was.status === 'paused' || was.status === 'restarting' || was.status === 'created'
  if (lived && (is.status === 'exited' || is.status === 'restarting') && was.status !== is.status) return 'crash'
  if (is.status === 'running' && is.health === 'unhealthy' && !(was.status === 'running' && was.health === 'unhealthy')) return 'unhealthy'
  return undefined
}

async function readLastWords(connection: Connection, id: string, signal: AbortSignal): Promise<string[]> {
  const texts: string[] = []
  try {
    for await (const lines of readLines(connection.api, id, { follow: false, tail: lastWords }, signal)) texts.push(...lines.map(({ text }) => text))
  } catch {
    // Some log drivers keep nothing to be read.
  }
  return texts.slice(-lastWords)
}
