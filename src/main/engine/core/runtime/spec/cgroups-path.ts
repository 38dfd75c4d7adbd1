import { join } from 'node:path/posix'
import { EngineError } from '#shared/errors.ts'
import type { HostFacts } from '../../host/host.ts'

/** Where the container's cgroup is to be, in the runtime's form for the driver. Undefined: it stays in the engine's. @throws invalid-argument for a parent that is no slice. */
export function cgroupsPathOf(id: string, parent: string | undefined, { cgroup, rootless }: Pick<HostFacts, 'cgroup' | 'rootless'>): string | undefined {
  switch (cgroup.driver) {
    case 'none':
      return undefined
    case 'cgroupfs':
      /* join() cleans, and a leading slash keeps `..` from leading out. */
      return join('/', parent || 'slipway', id)
    case 'systemd':
      if (parent && !/^.+\.slice$/.test(parent)) {
        throw new EngineError('invalid-argument', 'cgroup-parent for systemd cgroup should be a valid slice named as "xxx.slice"', { reason: 'invalid-cgroup-parent' })
      }
      return `${parent || (rootless ? 'user.slice' : 'system.slice')}:slipway:${id}`
  }
}
