import type { VolumeSummary } from '#shared/contract/volumes.ts'
import { EngineError } from '#shared/errors.ts'
import type { FakeCalls, FakeEngine } from './fake-calls.ts'
import { wait } from './wait.ts'

export function fakeVolumeCalls({ world, tell }: FakeEngine): FakeCalls {
  function find(name: string): VolumeSummary {
    const volume = world.volumes.find((one) => one.name === name)
    if (!volume) throw new EngineError('not-found', `There is no volume ${name}.`)
    return volume
  }
  function add(name: string): VolumeSummary {
    const volume: VolumeSummary = { name, driver: 'local', mountpoint: `/home/ada/.local/share/slipway/volumes/${name}/_data`, createdAt: Date.now(), labels: {}, anonymous: false }
    world.volumes = [...world.volumes, volume]
    tell({ type: 'volume.changed', volume })
    return volume
  }
  async function slowly(callId: string) {
    for (let done = 0; done <= 20; done++) {
      tell({ type: 'progress', callId, step: { kind: 'bytes', current: done * 4_500_000, total: 90_000_000 } })
      await wait(60)
    }
  }
  return {
    'volumes.list': () => world.volumes,
    'volumes.create': ({ name }: { name?: string }) => add(name ?? crypto.randomUUID().replaceAll('-', '').repeat(2)),
    'volumes.inspect': ({ name }: { name: string }) => ({ ...find(name), raw: { Name: name, Driver: 'local', Mountpoint: find(name).mountpoint, Labels: {}, Scope: 'local' } }),
    'volumes.sizes': () => Object.fromEntries(world.volumes.map(({ name }, index) => [name, (index + 1) ** 3 * 1_700_000])),
    'volumes.clone': async ({ to }: { to: string }, callId: string) => (await slowly(callId), add(to)),
    'volumes.empty': () => undefined,
    'volumes.backup': async (_: unknown, callId: string) => (await slowly(callId), { bytes: 41_000_000 }),
    'volumes.restore': async ({ name, create }: { name: string; create: boolean }, callId: string) => (await slowly(callId), create ? add(name) : find(name)),
    'volumes.remove': ({ names }: { names: string[] }) => names.map((id) => ({ id, error: { code: 'conflict', reason: 'volume-in-use', message: `Volume ${id} is in use.` } })),
  }
}
