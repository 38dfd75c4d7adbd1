import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { timeProgram } from '../processes.ts'
import type { Group } from '../runner.ts'
import { remove, running } from './verbs.ts'

export const files: Group = {
  cp: async (bench) => {
    const size = bench.quick ? 20 : 200
    const [file, out, ids] = [await bench.workload.file(size), join(bench.folder, 'cp-out'), await running(bench, bench.workload.busybox)]
    await bench.measure(`docker cp, ${size} MiB in`, { rounds: 7, budget: { ratio: 1 }, limit: () => timeProgram('cp', [file, `${out}.limit`]) }, async (subject) => void (await subject.docker(['cp', '-q', file, `${ids.get(subject)}:/big`])))
    await bench.measure(`docker cp, ${size} MiB out`, { rounds: 7, budget: { ratio: 1 } }, async (subject) => void (await subject.docker(['cp', '-q', `${ids.get(subject)}:/big`, out])))
    if (!(await readFile(out)).equals(await readFile(file))) throw new Error('what came out is not what went in')
    await bench.measure('docker cp, one small file in', { budget: { ratio: 1 } }, async (subject) => void (await subject.docker(['cp', '-q', '/etc/hostname', `${ids.get(subject)}:/small`])))
  },
  commit: async (bench) => {
    const ids = await running(bench, bench.workload.busybox)
    for (const [subject, id] of ids) await subject.docker(['exec', id, 'sh', '-c', 'head -c 10000000 /dev/urandom > /ten'])
    await bench.measure('docker commit, 10 MB changed', { rounds: 5 }, async (subject) => {
      const start = performance.now()
      const image = await subject.docker(['commit', ids.get(subject)!])
      const taken = performance.now() - start
      await subject.api('DELETE', `/images/${image}`)
      return taken
    })
  },
  export: async (bench) => {
    const archive = join(bench.folder, 'export.tar')
    const ids = new Map<string, string>()
    for (const subject of bench.subjects) {
      const id = await subject.docker(['create', await bench.workload.big.into(subject), 'true'])
      bench.defer(() => remove(subject, id))
      ids.set(subject.name, id)
    }
    await bench.measure('docker export of the large image', { rounds: 5, budget: { ratio: 1 } }, async (subject) => void (await subject.docker(['export', '-o', archive, ids.get(subject.name)!])))
    await bench.measure('docker import of it', { rounds: 3, budget: { ratio: 1 } }, async (subject) => {
      const start = performance.now()
      const image = await subject.docker(['import', archive])
      const taken = performance.now() - start
      await subject.api('DELETE', `/images/${image}?force=1`)
      return taken
    })
  },
}
