import type { Release, UpdateState } from '#shared/contract/updates.ts'
import type { FakeCalls, FakeEngine } from './fake-calls.ts'
import { wait } from './wait.ts'

const release: Release = { version: '0.2.0', bytes: 121_000_000, notes: '### Added\n- The app updates itself where its package can.\n\n### Fixed\n- Of two changes of connections made at once none is lost.' }

/** One release is newer; its download takes three seconds. */
export function fakeUpdateCalls({ world, tell }: FakeEngine): FakeCalls {
  let cancelled = false
  const become = (state: UpdateState) => {
    world.update = state
    tell({ type: 'update.changed', state })
    return state
  }
  return {
    'updates.state': () => world.update,
    'updates.check': async () => {
      become({ status: 'checking' })
      await wait(500)
      return become({ status: 'available', release })
    },
    'updates.download': async () => {
      cancelled = false
      for (let part = 0; part <= 30; part++) {
        if (cancelled) return become({ status: 'available', release })
        become({ status: 'downloading', release, current: (release.bytes ?? 0) * (part / 30), total: release.bytes ?? 0 })
        await wait(100)
      }
      return become({ status: 'ready', release })
    },
    'updates.cancel': () => (cancelled = true),
    'updates.install': () => location.reload(),
  }
}

