import type { Bench } from '../runner.ts'
import type { Subject } from '../subject.ts'

/** What the scenarios say about a container; nothing else matters to them. */
export interface ContainerSettings {
  cmd: readonly string[]
  network?: 'bridge' | 'none'
  labels?: Record<string, string>
}

export const create = async (subject: Subject, image: string, { cmd, network = 'none', labels = {} }: ContainerSettings): Promise<string> => {
  const body = { Image: image, Cmd: cmd, Labels: labels, StopSignal: 'SIGKILL', HostConfig: { NetworkMode: network } }
  return (await subject.api<{ Id: string }>('POST', '/containers/create', body)).Id
}

export const start = (subject: Subject, id: string) => subject.api('POST', `/containers/${id}/start`)
export const waitFor = (subject: Subject, id: string) => subject.api('POST', `/containers/${id}/wait`)
export const remove = (subject: Subject, id: string) => subject.api('DELETE', `/containers/${id}?force=1&v=1`)

/** A container's whole life, as short as it gets. */
export async function liveOnce(subject: Subject, image: string): Promise<void> {
  const id = await create(subject, image, { cmd: ['true'] })
  await start(subject, id)
  await waitFor(subject, id)
  await remove(subject, id)
}

/** A container that runs until the scenario is over, in each engine. */
export async function running(bench: Bench, image: (subject: Subject) => Promise<string>, args: readonly string[] = [], command: readonly string[] = ['sleep', '100000']): Promise<Map<Subject, string>> {
  const ids = new Map<Subject, string>()
  for (const subject of bench.subjects) {
    const id = await subject.docker(['run', '-d', '--stop-signal', 'KILL', ...args, await image(subject), ...command])
    bench.defer(() => remove(subject, id))
    ids.set(subject, id)
  }
  return ids
}

/** `count` pieces of work, `width` of them at any moment. */
export async function inParallel<Item>(items: readonly Item[], width: number, work: (item: Item) => Promise<unknown>): Promise<void> {
  const queue = items.values()
  await Promise.all(Array.from({ length: width }, async () => {
    for (const item of queue) await work(item)
  }))
}

export const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}
