import type { Group } from '../runner.ts'
import { memoryOf, familyOf } from '../processes.ts'
import { create, inParallel, numbers, remove } from './verbs.ts'

export const lists: Group = {
  'with 500': async (bench) => {
    const ids = new Map<string, string[]>()
    for (const subject of bench.subjects) {
      const image = await bench.workload.busybox(subject)
      const made: string[] = []
      bench.defer(() => inParallel(made, 8, (id) => remove(subject, id)))
      await inParallel(numbers(500), 8, async (index) => made.push(await create(subject, image, { cmd: ['true'], labels: { 'bench.number': String(index) } })))
      ids.set(subject.name, made)
    }
    await bench.measure('list 500 containers, API', { rounds: 21, budget: { ratio: 0.5, against: 'Docker 20' } }, async (subject) => {
      const found = await subject.api<unknown[]>('GET', '/containers/json?all=1')
      if (found.length < 500) throw new Error(`${subject.name} lists ${found.length}`)
    })
    await bench.measure('docker ps -a, 500', {}, async (subject) => void (await subject.docker(['ps', '-a'])))
    await bench.measure('docker ps -aq, 500', {}, async (subject) => void (await subject.docker(['ps', '-aq'])))
    await bench.measure('list one of 500 by label', {}, async (subject) => void (await subject.api('GET', `/containers/json?all=1&filters=${encodeURIComponent('{"label":["bench.number=250"]}')}`)))
    await bench.measure('inspect one of 500', { rounds: 51, warmUp: 5 }, async (subject, round) => void (await subject.api('GET', `/containers/${ids.get(subject.name)![Math.abs(round) * 7]}/json`)))
    await bench.measure('engine with 500 created, RSS', { unit: 'MiB', rounds: 1, warmUp: 0 }, async (subject) => memoryOf(familyOf(subject.pid)).rssMiB)
  },
  ping: async (bench) => {
    await bench.measure('ping', { rounds: 101, warmUp: 10 }, async (subject) => void (await subject.api('GET', '/_ping')))
  },
}
