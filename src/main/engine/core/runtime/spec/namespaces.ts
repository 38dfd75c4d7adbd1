import type { CgroupMode } from '../../host/host.ts'
import type { OciSpec } from '../runtime.ts'
import type { NamespaceInput } from './container-spec.ts'

type Namespace = OciSpec['linux']['namespaces'][number]

/** Which namespaces the container gets, and of whom. The user namespace is always the engine's. */
export function namespacesOf({ network = 'private', pid, ipc, uts, cgroup }: NamespaceInput, mode: CgroupMode): Namespace[] {
  const cgroupChoice = cgroup ?? (mode === 'v2' ? 'private' : 'host')
  return [
    { type: 'mount' },
    ...of('network', typeof network === 'object' ? Object.values(network)[0] : network),
    ...of('pid', typeof pid === 'object' ? pid.container : pid),
    ...of('ipc', typeof ipc === 'object' ? ('container' in ipc ? ipc.container : 'private') : ipc === 'none' ? 'private' : ipc),
    ...of('uts', uts),
    ...of('cgroup', cgroupChoice),
  ]
}

function of(type: Namespace['type'], choice: string = 'private'): Namespace[] {
  if (choice === 'host') return []
  return choice === 'private' ? [{ type }] : [{ type, path: choice }]
}
