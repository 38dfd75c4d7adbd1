import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { EngineError } from '#shared/errors.ts'
import type { HostFacts } from '../../host/host.ts'
import type { OciSpec } from '../runtime.ts'
import type { NamespaceInput } from './container-spec.ts'

/** Where Docker puts its own; native/init is built beside the shim. */
const IN_CONTAINER = '/sbin/docker-init'
const BINARY = 'slipway-init'

/** Process 1 becomes a small program of ours that forwards signals and reaps. With a pid namespace that has a process 1 already there is nothing to do. */
export function withInit(spec: OciSpec, { pid = 'private' }: NamespaceInput, { tools }: Pick<HostFacts, 'tools'>): OciSpec {
  if (pid !== 'private') return spec
  const source = tools.shim === undefined ? undefined : join(dirname(tools.shim), BINARY)
  if (source === undefined || !existsSync(source)) {
    throw new EngineError('failed-precondition', '--init needs slipway-init, which was not built', { reason: 'no-init', hint: 'Run npm run setup.' })
  }
  return {
    ...spec,
    process: { ...spec.process, args: [IN_CONTAINER, '--', ...spec.process.args] },
    mounts: [...spec.mounts, { destination: IN_CONTAINER, type: 'bind', source, options: ['bind', 'ro', 'rprivate'] }],
  }
}
