import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Bench, Group } from '../runner.ts'
import { running, timed, waitFor } from './verbs.ts'

const LINE = '0123456789'.repeat(8).slice(0, 79)

export const logs: Group = {
  'a million lines': async (bench) => {
    const lines = bench.quick ? 100_000 : 1_000_000
    const ids = await running(bench, bench.workload.busybox, ['--network', 'none'], ['sh', '-c', `yes ${LINE} | head -n ${lines}`])
    for (const [subject, id] of ids) await waitFor(subject, id)
    const out = join(bench.folder, 'logs')
    const file = join(bench.folder, 'logs-limit')
    await writeFile(file, `${LINE}\n`.repeat(lines))
    bench.defer(async () => Promise.all([writeFile(out, ''), writeFile(file, '')]))
    await bench.measure(`${lines.toLocaleString('en')} lines of logs, API`, { rounds: 5, budget: { ratio: 0.3 }, limit: () => timed(() => readFile(file)) }, async (subject) => {
      let bytes = 0
      for await (const chunk of await subject.open(`/containers/${ids.get(subject)}/logs?stdout=1&stderr=1`)) bytes += (chunk as Buffer).length
      if (bytes < lines * 80) throw new Error(`${subject.name} gave ${bytes} bytes of ${lines * 80}`)
    })
    await bench.measure(`${lines.toLocaleString('en')} lines, docker logs`, { rounds: 3 }, async (subject) => void (await subject.docker(['logs', ids.get(subject)!], { out })))
    await bench.measure('docker logs --tail 10 of them', {}, async (subject) => void (await subject.docker(['logs', '--tail', '10', ids.get(subject)!])))
  },
  write: async (bench) => {
    const lines = bench.quick ? 100_000 : 1_000_000
    await bench.measure(`a container writes ${lines.toLocaleString('en')} lines`, { rounds: 3 }, (subject) => writeLines(bench, subject.name, lines))
  },
}

async function writeLines(bench: Bench, name: string, lines: number): Promise<number> {
  const subject = bench.subjects.find((candidate) => candidate.name === name)!
  const image = await bench.workload.busybox(subject)
  return timed(() => subject.docker(['run', '--rm', '--network', 'none', '--log-driver', 'json-file', image, 'sh', '-c', `yes ${LINE} | head -n ${lines}`], { out: join(bench.folder, 'logs') }))
}
