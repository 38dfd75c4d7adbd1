import { randomBytes, randomUUID } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { timeProgram } from '../processes.ts'
import type { Bench, Group } from '../runner.ts'
import { hasPlugin, type Subject } from '../subject.ts'
import { timed } from './verbs.ts'

const DOCKERFILE = (base: string) => `FROM ${base}
ENV A=1
RUN echo one > /one
COPY a /a
RUN echo two > /two
COPY b /b
RUN echo three > /three
WORKDIR /w
COPY c .
CMD ["cat", "/a"]
`

export const builds: Group = {
  'ten steps': async (bench) => {
    const context = await writeContext(bench)
    await bench.measure('docker build, 10 steps, cold', { rounds: 7, budget: { ratio: 0.7 } }, async (subject) => {
      await bench.workload.busybox(subject)
      await subject.docker(['build', '--no-cache', '-q', '-t', 'bench-built', context])
    })
    await bench.measure('docker build, 10 steps, cached', { rounds: 15, warmUp: 2, budget: { ratio: 1 } }, async (subject) => void (await subject.docker(['build', '-q', '-t', 'bench-built', context])))
    await forgetBuilt(bench)
  },
  'many files': async (bench) => {
    const context = await writeManyFiles(bench)
    const limit = () => timeProgram('sh', ['-c', `tar -C "${context}" -cf - . | tar -xf - -C "$(mktemp -d -p "${bench.folder}")"`])
    await bench.measure(`docker build, COPY of ${MANY} small files, cold`, { rounds: 3, budget: { ratio: 0.7 }, limit }, async (subject) => void (await subject.docker(['build', '--no-cache', '-q', '-t', 'bench-built', context])))
    await bench.measure('the same, cached', { rounds: 3, budget: { ratio: 1 } }, async (subject) => void (await subject.docker(['build', '-q', '-t', 'bench-built', context])))
    await forgetBuilt(bench)
  },
  'with buildx': async (bench) => {
    if (!hasPlugin('buildx')) return
    const context = await writeManyFiles(bench)
    const build = (subject: Subject) => subject.docker(['buildx', 'build', '-q', '-t', 'bench-built', context])
    await bench.measure(`docker buildx build, COPY of ${MANY} small files, cached`, { rounds: 5, warmUp: 1, budget: { ratio: 1 } }, async (subject) => void (await build(subject)))
    await bench.measure('the same, one of them changed', { rounds: 3 }, async (subject) => {
      await writeFile(join(context, 'm', '0', '0'), randomUUID())
      await build(subject)
    })
    await forgetBuilt(bench)
  },
  'a large file': async (bench) => {
    const context = join(bench.folder, 'large')
    await mkdir(context, { recursive: true })
    await writeFile(join(context, 'Dockerfile'), 'FROM scratch\nCOPY large /\n')
    const build = async (subject: Subject, words: readonly string[]) => {
      // Another folder each time, as far as a client can tell.
      await writeFile(join(context, 'large'), randomBytes(bench.quick ? LARGE / 4 : LARGE))
      return timed(() => subject.docker([...words, '-q', '-t', 'bench-built', context]))
    }
    if (hasPlugin('buildx')) await bench.measure('docker buildx build, COPY of a new large file', { rounds: 5, budget: { ratio: 1 } }, (subject) => build(subject, ['buildx', 'build']))
    await bench.measure('the same without buildx', { rounds: 5, budget: { ratio: 0.7 } }, (subject) => build(subject, ['build']))
    await forgetBuilt(bench)
  },
}

const LARGE = 400 * 2 ** 20

/** As the folder of the packages of a web application. */
const MANY = 20_000

async function writeManyFiles(bench: Bench): Promise<string> {
  const context = join(bench.folder, 'many')
  for (let index = 0; index < MANY; index++) {
    const folder = join(context, 'm', String(index % 200))
    if (index < 200) await mkdir(folder, { recursive: true })
    await writeFile(join(folder, String(index)), `${index}`.repeat(100 + (index % 500)))
  }
  await writeFile(join(context, 'Dockerfile'), `FROM ${await bench.workload.busybox(bench.subjects[0]!)}\nCOPY m /m\n`)
  return context
}

async function forgetBuilt({ subjects }: Bench): Promise<void> {
  for (const subject of subjects) {
    await subject.docker(['rmi', '-f', 'bench-built'])
    await subject.docker(['image', 'prune', '-f'])
  }
}

async function writeContext(bench: Bench): Promise<string> {
  const context = join(bench.folder, 'context')
  await mkdir(context, { recursive: true })
  for (const name of ['a', 'b', 'c']) await writeFile(join(context, name), name.repeat(10_000))
  await writeFile(join(context, 'Dockerfile'), DOCKERFILE(await bench.workload.busybox(bench.subjects[0]!)))
  return context
}
