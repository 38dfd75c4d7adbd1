import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Bench, Group } from '../runner.ts'
import { hasPlugin, type Subject } from '../subject.ts'
import { timed } from './verbs.ts'

/** Six services in four steps of who waits for whom, two networks, a volume, a port. */
const FILE = (image: string) => {
  const service = (more: object = {}) => ({ image, command: ['sleep', '100000'], stop_grace_period: '0s', ...more })
  return {
    name: 'bench',
    services: {
      database: service({ volumes: ['data:/data'] }),
      cache: service(),
      web: service({ depends_on: ['database', 'cache'], ports: ['127.0.0.1::80'] }),
      worker: service({ depends_on: ['database'], networks: ['default', 'back'] }),
      proxy: service({ depends_on: ['web'] }),
      metrics: service({ networks: ['back'] }),
    },
    networks: { back: {} },
    volumes: { data: {} },
  }
}

export const compose: Group = {
  'a project of six services': async (bench) => {
    if (!hasPlugin('compose')) return
    const file = await writeFileOf(bench)
    const run = (subject: Subject, ...words: string[]) => timed(() => subject.docker(['compose', '-f', file, ...words]))
    const down = (subject: Subject) => run(subject, 'down', '-v', '-t', '0')
    for (const subject of bench.subjects) bench.defer(() => down(subject))
    await bench.measure('docker compose up of six services', { rounds: 7, budget: { ratio: 0.4 } }, async (subject) => {
      await down(subject)
      return run(subject, 'up', '-d')
    })
    await bench.measure('the same, all of it running', { rounds: 7 }, async (subject) => run(subject, 'up', '-d'))
    await bench.measure('docker compose restart', { rounds: 5 }, async (subject) => run(subject, 'restart', '-t', '0'))
    await bench.measure('docker compose down', { rounds: 7 }, async (subject) => {
      await run(subject, 'up', '-d')
      return down(subject)
    })
  },
}

/** JSON is YAML. */
async function writeFileOf({ folder, workload, subjects }: Bench): Promise<string> {
  let image = ''
  for (const subject of subjects) image = await workload.busybox(subject)
  const place = join(folder, 'compose')
  await mkdir(place, { recursive: true })
  await writeFile(join(place, 'compose.yaml'), JSON.stringify(FILE(image)))
  return join(place, 'compose.yaml')
}
