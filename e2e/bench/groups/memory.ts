import { familyOf, memoryOf, monitors, wakeUps } from '../processes.ts'
import type { Group, Scenario } from '../runner.ts'
import { create, numbers, remove, running, sleep, start } from './verbs.ts'

/** The engine gives memory back some 20 s after its last work. */
const UNTIL_REST = 25_000

export const memory: Group = {
  idle: measureIdle('engine idle, just started'),
  'wake-ups': async (bench) => {
    const seconds = bench.quick ? 10 : 60
    const before = new Map(bench.subjects.map((subject) => [subject, wakeUps(familyOf(subject.pid))]))
    await sleep(seconds * 1000)
    await bench.measure('wake-ups of the idle engine', { unit: '/min', rounds: 1, warmUp: 0 }, async (subject) => ((wakeUps(familyOf(subject.pid)) - before.get(subject)!) * 60) / seconds)
  },
  'wake-ups with ten running': async (bench) => {
    for (const _ of numbers(10)) await running(bench, bench.workload.busybox)
    await sleep(UNTIL_REST)
    const seconds = bench.quick ? 10 : 60
    const before = new Map(bench.subjects.map((subject) => [subject, wakeUps(familyOf(subject.pid))]))
    await sleep(seconds * 1000)
    await bench.measure('wake-ups beside ten containers that sleep', { unit: '/min', rounds: 1, warmUp: 0 }, async (subject) => ((wakeUps(familyOf(subject.pid)) - before.get(subject)!) * 60) / seconds)
  },
  containers: async (bench) => {
    const perContainer: Record<string, { rss: number; pss: number }> = {}
    await bench.measure('memory beside each running container, RSS', { unit: 'MiB', rounds: 1, warmUp: 0, budget: { value: 1 } }, async (subject) => {
      const image = await bench.workload.busybox(subject)
      const [before, count] = [new Set(monitors()), 20]
      const ids = await Promise.all(numbers(count).map(() => create(subject, image, { cmd: ['sleep', '100000'], network: 'bridge' })))
      for (const id of ids) await start(subject, id)
      const found = memoryOf(monitors().filter((pid) => !before.has(pid)))
      await Promise.all(ids.map((id) => remove(subject, id)))
      perContainer[subject.name] = { rss: found.rssMiB / count, pss: found.pssMiB / count }
      return found.rssMiB / count
    })
    await bench.measure('memory beside each running container, PSS', { unit: 'MiB', rounds: 1, warmUp: 0, budget: { value: 0.25 } }, async (subject) => perContainer[subject.name]!.pss)
  },
}

/** The same at the very end. */
export const rest: Group = { 'idle after the work': measureIdle('engine idle, after the work') }

function measureIdle(name: string): Scenario {
  return async (bench) => {
    await sleep(UNTIL_REST)
    await bench.measure(`${name}, RSS`, { unit: 'MiB', rounds: 1, warmUp: 0, budget: { value: 80 } }, async (subject) => memoryOf(familyOf(subject.pid)).rssMiB)
    await bench.measure(`${name}, PSS`, { unit: 'MiB', rounds: 1, warmUp: 0 }, async (subject) => memoryOf(familyOf(subject.pid)).pssMiB)
  }
}
