import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { timeProgram } from '../processes.ts'
import type { Group } from '../runner.ts'
import type { Subject } from '../subject.ts'
import { timed } from './verbs.ts'

export const images: Group = {
  pull: async (bench) => {
    await bench.measure('docker pull of the large image, cold', { rounds: 5, budget: { ratio: 0.7 } }, async (subject, round) => {
      const name = await bench.workload.fresh.pushed(`pulled${round}`)
      const taken = await timed(() => subject.docker(['pull', '-q', name]))
      await subject.docker(['rmi', name])
      return taken
    })
    const name = await bench.workload.big.name
    await bench.measure('the same, every layer there', {}, async (subject) => void (await subject.docker(['pull', '-q', name])))
    const sibling = await bench.workload.sibling
    await bench.measure('docker pull of an image that shares all layers but one', {}, async (subject) => {
      const taken = await timed(() => subject.docker(['pull', '-q', sibling]))
      await subject.docker(['rmi', sibling])
      return taken
    })
    await bench.measure('docker run --rm of the large image', {}, async (subject) => void (await subject.docker(['run', '--rm', '--network', 'none', await bench.workload.big.into(subject), '/bin/true'])))
  },
  push: async (bench) => {
    const pushed = new Map<Subject, string>()
    for (const subject of bench.subjects) {
      const name = `${bench.registry.host}/bench-push-${subject.name}:1`
      await subject.docker(['tag', await bench.workload.big.into(subject), name])
      pushed.set(subject, name)
    }
    let round = 0
    await bench.measure('docker push of a pulled image, cold', { rounds: 5, budget: { ratio: 1, against: 'podman' } }, async (subject) => {
      // Each time a repository of its own: the registry's copy of a layer in another one is offered for mounting, as in life.
      const name = `${bench.registry.host}/cold-${subject.name}-${round++}:1`
      await subject.docker(['tag', pushed.get(subject)!, name])
      await rm(join(bench.registry.dataFolder, 'docker'), { recursive: true, force: true })
      const taken = await timed(() => subject.docker(['push', '-q', name]))
      await subject.docker(['rmi', name])
      return taken
    })
    for (const [subject, name] of pushed) await subject.docker(['push', '-q', name])
    await bench.measure('docker push, nothing new', {}, async (subject) => void (await subject.docker(['push', '-q', pushed.get(subject)!])))
    for (const [subject, name] of pushed) await subject.docker(['push', '-q', (await bench.workload.big.into(subject))]).then(() => subject.docker(['rmi', name]))
  },
  'save and load': async (bench) => {
    const archive = join(bench.folder, 'save.tar')
    await bench.measure('docker save', { rounds: 5, budget: { ratio: 1 } }, async (subject) => void (await subject.docker(['save', '-o', archive, await bench.workload.big.into(subject)])))
    console.error(`  the archive holds ${((await stat(archive)).size / 1e6).toFixed(0)} MB`)
    await rm(archive)
    const limit = () => timeProgram('tar', ['-xf', archive, '-C', bench.folder, '--to-stdout'])
    await bench.measure('docker load', { rounds: 5, budget: { ratio: 1 }, limit }, async (subject, round) => {
      const name = await bench.workload.fresh.saved(`loaded${round}`, archive)
      const taken = await timed(() => subject.docker(['load', '-q', '-i', archive]))
      await subject.docker(['rmi', name])
      return taken
    })
    await rm(archive)
  },
  names: async (bench) => {
    await bench.measure('docker tag and rmi of it', {}, async (subject) => {
      await subject.docker(['tag', await bench.workload.busybox(subject), 'bench-name:1'])
      await subject.docker(['rmi', 'bench-name:1'])
    })
  },
}
