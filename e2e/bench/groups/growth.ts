import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { request, type IncomingMessage } from 'node:http'
import type { Bench, Group } from '../runner.ts'
import type { Subject } from '../subject.ts'
import { create, inParallel, liveOnce, numbers, remove, running, start, timed } from './verbs.ts'

export const growth: Group = {
  'containers 1 to 500': async (bench) => {
    const made = new Map<Subject, string[]>(bench.subjects.map((subject) => [subject, []]))
    bench.defer(() => Promise.all([...made].map(([subject, ids]) => inParallel(ids, 8, (id) => remove(subject, id)))))
    await bench.grow('create, start, wait, delete beside so many', sizes(bench, [1, 50, 500]), { budget: undefined }, async (subject, size) => {
      const image = await bench.workload.busybox(subject)
      const ids = made.get(subject)!
      await inParallel(numbers(size - ids.length), 8, async () => ids.push(await create(subject, image, { cmd: ['true'] })))
      return timed(() => liveOnce(subject, image))
    })
  },
  'images 1 to 500': async (bench) => {
    const made = new Map<Subject, string[]>(bench.subjects.map((subject) => [subject, []]))
    bench.defer(() => Promise.all([...made].map(([subject, ids]) => inParallel(ids, 8, (id) => subject.api('DELETE', `/images/${id}?force=1`)))))
    const containers = await running(bench, bench.workload.busybox)
    const fill = (subject: Subject, size: number) => {
      const ids = made.get(subject)!
      return inParallel(numbers(size - ids.length), 8, async (index) => {
        const { Id } = await subject.api<{ Id: string }>('POST', `/commit?container=${containers.get(subject)}&pause=0&repo=bench-many&tag=${ids.length}-${index}`, { Labels: { n: `${ids.length}-${index}` } })
        ids.push(Id)
      })
    }
    const counts = sizes(bench, [1, 50, 500])
    await bench.grow('create, start, wait, delete beside so many images', counts, {}, async (subject, size) => {
      const image = await bench.workload.busybox(subject)
      await fill(subject, size)
      return timed(() => liveOnce(subject, image))
    })
    await bench.measure(`list ${counts.at(-1)} images, API`, {}, async (subject) => void (await subject.api('GET', '/images/json')))
  },
  'layers 1 to 60': async (bench) => {
    await bench.grow('docker build of so many layers', sizes(bench, [1, 15, 60]), { rounds: 1 }, async (subject, size) => {
      const base = await bench.workload.busybox(subject)
      const lines = numbers(size).map((index) => `COPY f /f${index}`)
      const context = await contextOf(bench, `layers-${size}`, async (folder) => {
        await writeFile(join(folder, 'f'), 'x')
        await writeFile(join(folder, 'Dockerfile'), [`FROM ${base}`, ...lines].join('\n'))
      })
      return timed(() => subject.docker(['build', '--no-cache', '-q', '-t', `bench-layers-${size}`, context]))
    })
    await bench.grow('docker run of so many layers', sizes(bench, [1, 15, 60]), {}, async (subject, size) => void (await subject.docker(['run', '--rm', '--network', 'none', `bench-layers-${size}`, 'true'])))
    for (const subject of bench.subjects) for (const size of sizes(bench, [1, 15, 60])) await subject.docker(['rmi', '-f', `bench-layers-${size}`])
  },
  'layers 1 MB to 2 GB': async (bench) => {
    await bench.grow('docker build of a layer of so many MiB', bench.quick ? [1, 16] : [1, 64, 2048], { rounds: 1 }, async (subject, size) => {
      const base = await bench.workload.busybox(subject)
      // Made inside: the time of sending a context is measured elsewhere.
      const context = await contextOf(bench, `size-${size}`, (folder) => writeFile(join(folder, 'Dockerfile'), `FROM ${base}\nRUN dd if=/dev/zero of=/layer bs=1048576 count=${size} 2>/dev/null\n`))
      return buildAndForget(subject, context)
    })
  },
  'small files in a layer': async (bench) => {
    await bench.grow('docker build of a layer of so many small files', bench.quick ? [100, 1000] : [1000, 10_000, 100_000], { rounds: 1 }, async (subject, size) => {
      const base = await bench.workload.busybox(subject)
      const script = `i=0; while [ $i -lt ${Math.ceil(size / 1000)} ]; do mkdir -p /d/$i; cd /d/$i; seq 1 1000 | head -n ${Math.min(size, 1000)} | xargs touch; i=$((i+1)); done`
      const context = await contextOf(bench, `files-${size}`, (folder) => writeFile(join(folder, 'Dockerfile'), `FROM ${base}\nRUN ${script}\n`))
      return buildAndForget(subject, context)
    })
  },
  'log lines a second': async (bench) => {
    await bench.grow("engine's CPU while one follows so many lines a second for 5 s", bench.quick ? [10, 1000] : [10, 1000, 10_000], { rounds: 1, unit: 'ms' }, async (subject, size) => {
      const image = await bench.workload.busybox(subject)
      // Ten bursts a second: a shell cannot sleep for a ten thousandth.
      const script = `i=0; while [ $i -lt 50 ]; do seq 1 ${size / 10}; usleep 100000; i=$((i+1)); done`
      const id = await create(subject, image, { cmd: ['sh', '-c', script] })
      await start(subject, id)
      const before = subject.cpuMs()
      let lines = 0
      for await (const chunk of await subject.open(`/containers/${id}/logs?stdout=1&follow=1`)) for (const byte of chunk as Buffer) if (byte === 10) lines++
      const used = subject.cpuMs() - before
      await remove(subject, id)
      if (lines < size * 5) throw new Error(`${subject.name} gave ${lines} lines of ${size * 5}`)
      // A clock that ticks every 10 ms says 0 of what is less.
      return Math.max(used, 5)
    })
  },
  'event subscribers 1 to 100': async (bench) => {
    await bench.grow('20 creations and removals heard by so many', sizes(bench, [1, 10, 100]), { rounds: 3 }, async (subject, size) => {
      const image = await bench.workload.busybox(subject)
      const streams = await Promise.all(numbers(size).map(() => subscribe(subject)))
      const taken = await timed(async () => {
        for (const _ of numbers(20)) await remove(subject, await create(subject, image, { cmd: ['true'] }))
        await Promise.all(streams.map((stream) => stream.heard(20)))
      })
      for (const stream of streams) stream.end()
      return taken
    })
  },
}

const sizes = (bench: Bench, all: readonly number[]) => (bench.quick ? all.slice(0, 2) : all)

async function contextOf(bench: Bench, name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(bench.folder, name)
  await mkdir(folder, { recursive: true })
  await fill(folder)
  bench.defer(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function buildAndForget(subject: Subject, context: string): Promise<number> {
  const taken = await timed(() => subject.docker(['build', '--no-cache', '-q', '-t', 'bench-growth', context]))
  await subject.docker(['rmi', '-f', 'bench-growth'])
  return taken
}

/** Each on a connection of its own, as clients are. */
async function subscribe(subject: Subject) {
  const sent = request({ socketPath: subject.socket, path: `/events?filters=${encodeURIComponent('{"event":["destroy"]}')}`, agent: false })
  const waiting = { count: 0, wanted: Infinity, done: () => {} }
  const response = await new Promise<IncomingMessage>((resolve, reject) => sent.once('response', resolve).once('error', reject).end())
  response.on('error', () => {})
  response.on('data', (chunk: Buffer) => {
    waiting.count += chunk.toString().split('\n').filter(Boolean).length
    if (waiting.count >= waiting.wanted) waiting.done()
  })
  return {
    heard: (count: number) =>
      new Promise<void>((resolve) => {
        Object.assign(waiting, { wanted: count, done: resolve })
        if (waiting.count >= count) resolve()
      }),
    end: () => sent.destroy(),
  }
}
