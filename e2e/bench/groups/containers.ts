import { freePort } from '../../fixtures/registry.ts'
import type { Bench, Group } from '../runner.ts'
import { timeRuntime } from '../runtime-alone.ts'
import { create, inParallel, numbers, remove, running, sleep, start, timed, waitFor } from './verbs.ts'

export const containers: Group = {
  run: async (bench) => {
    for (const [network, budget] of [['bridge', 0.35], ['none', undefined], ['host', undefined]] as const) {
      await bench.measure(`docker run --rm busybox true, ${network}`, { budget: budget && { ratio: budget }, limit: network === 'none' ? () => timeRuntime() : undefined }, async (subject) => {
        await subject.docker(['run', '--rm', '--network', network, await bench.workload.busybox(subject), 'true'])
      })
    }
  },
  cycle: async (bench) => {
    await measureCycle(bench, 'bridge', 0.25)
    await measureCycle(bench, 'none', 0.2)
  },
  exec: async (bench) => {
    const ids = await running(bench, bench.workload.busybox)
    await bench.measure('exec true, API', { budget: { ratio: 0.5, against: 'Docker 20' } }, async (subject) => {
      const { Id } = await subject.api<{ Id: string }>('POST', `/containers/${ids.get(subject)}/exec`, { Cmd: ['true'], AttachStdout: true, AttachStderr: true })
      await subject.takeOver(`/exec/${Id}/start`, { Detach: false, Tty: false })
      const { ExitCode } = await subject.api<{ ExitCode: number }>('GET', `/exec/${Id}/json`)
      if (ExitCode !== 0) throw new Error(`true ended with ${ExitCode}`)
    })
    await bench.measure('docker exec true', {}, async (subject) => void (await subject.docker(['exec', ids.get(subject)!, 'true'])))
  },
  publish: async (bench) => {
    await bench.measure('docker run -d -p until the port answers', { budget: { ratio: 0.4 } }, async (subject) => {
      const port = await freePort()
      const begin = performance.now()
      const id = await subject.docker(['run', '-d', '--stop-signal', 'KILL', '-p', `127.0.0.1:${port}:80`, await bench.workload.busybox(subject), 'httpd', '-f', '-p', '80', '-h', '/etc'])
      await untilAnswers(port)
      const taken = performance.now() - begin
      await remove(subject, id)
      return taken
    })
  },
  parallel: async (bench) => {
    const removals: Record<string, number> = {}
    await bench.measure('50 containers started in parallel', { rounds: 3, warmUp: 0, budget: { ratio: 0.28 } }, async (subject) => {
      const image = await bench.workload.busybox(subject)
      const ids: string[] = []
      const taken = await timed(() => Promise.all(numbers(50).map(async () => {
        const id = await create(subject, image, { cmd: ['sleep', '100000'], network: 'bridge' })
        ids.push(id)
        await start(subject, id)
      })))
      removals[subject.name] = await timed(() => Promise.all(ids.map((id) => remove(subject, id))))
      return taken
    })
    await bench.measure('50 running containers removed in parallel, last round', { rounds: 1, warmUp: 0 }, async (subject) => removals[subject.name]!)
  },
  fivehundred: async (bench) => {
    await bench.measure('500 containers run to exit, 8 at a time', { rounds: 1, warmUp: 0, budget: { ratio: 0.3 } }, async (subject) => {
      const image = await bench.workload.busybox(subject)
      const ids: string[] = []
      const taken = await timed(() => inParallel(numbers(bench.quick ? 100 : 500), 8, async () => {
        const id = await create(subject, image, { cmd: ['true'] })
        ids.push(id)
        await start(subject, id)
        await waitFor(subject, id)
      }))
      await inParallel(ids, 8, (id) => remove(subject, id))
      return taken
    })
  },
}

async function measureCycle(bench: Bench, network: 'bridge' | 'none', budget: number) {
  const steps: Record<string, Record<string, number[]>> = { create: {}, start: {}, wait: {}, delete: {} }
  await bench.measure(`create, start, wait, delete, ${network}`, { rounds: 15, warmUp: 2, budget: { ratio: budget }, limit: network === 'none' ? () => timeRuntime() : undefined }, async (subject, round) => {
    const image = await bench.workload.busybox(subject)
    const note = async (step: string, work: () => Promise<unknown>) => {
      const taken = await timed(work)
      if (round >= 0) (steps[step]![subject.name] ??= []).push(taken)
      return taken
    }
    let id = ''
    return (
      (await note('create', async () => (id = await create(subject, image, { cmd: ['true'], network })))) +
      (await note('start', () => start(subject, id))) +
      (await note('wait', () => waitFor(subject, id))) +
      (await note('delete', () => remove(subject, id)))
    )
  })
  for (const [step, values] of Object.entries(steps)) bench.results.push({ name: `${network}: ${step}`, unit: 'ms', better: 'less', values, cpuMs: {} })
}

async function untilAnswers(port: number) {
  const deadline = performance.now() + 10_000
  while (performance.now() < deadline) {
    const answered = await fetch(`http://127.0.0.1:${port}/hostname`).then((response) => response.ok, () => false)
    if (answered) return
    await sleep(1)
  }
  throw new Error(`nothing answers on port ${port}`)
}
