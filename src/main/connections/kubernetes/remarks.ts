import type { ManifestRemark } from '#shared/contract/kubernetes.ts'
import type { Settings } from '../recipe/settings.ts'
import type { Written } from './manifests.ts'
import { isNumber } from './pod.ts'
import { nameOf, remarkFor, type Workload } from './workload.ts'

/** What does not travel, or is another thing there. */
export function remarksOf(workload: Workload, written: Written, shared: ReadonlySet<string>): ManifestRemark[] {
  const { settings } = workload
  const remark = remarkFor(workload)
  const some = (kind: ManifestRemark['kind'], what: readonly string[]) => (what.length > 0 ? [remark(kind, ...what)] : [])
  const { kept, binds } = written.storage
  const shares = kept.filter((name) => shared.has(name))
  return [
    ...some('bind', binds),
    ...some('claim', kept),
    ...some('shared-claim', shares),
    ...some('claim-each', workload.replicas > 1 ? kept.filter((name) => !shared.has(name) && !written.job) : []),
    ...some('volumes-from', settings.host.VolumesFrom ?? []),
    ...(workload.local ? [remark('image', settings.image)] : []),
    ...some('secret', written.secret),
    ...some('file-there', workload.files.flatMap(({ name, value }) => (value === undefined ? name : []))),
    ...some('missing', settings.missing),
    ...userRemarks(workload),
    ...networkRemarks(workload, written),
    ...some('depends', workload.dependsOn.map(({ service }) => service)),
    ...(workload.ends && !written.job ? [remark('restarts', settings.name)] : []),
    ...some('rights', rightsOf(settings)),
    ...some('unsaid', [...unsaidOf(settings), ...workload.unsaid]),
  ]
}

function userRemarks(workload: Workload): ManifestRemark[] {
  const { user = '' } = workload.settings
  const [uid = '', gid = ''] = user.split(':')
  return uid !== '' && (!isNumber(uid) || (gid !== '' && !isNumber(gid))) ? [remarkFor(workload)('user', user)] : []
}

function networkRemarks(workload: Workload, { ports }: Written): ManifestRemark[] {
  const { networks, networkMode, name, host } = workload.settings
  const remark = remarkFor(workload)
  const loopback = ports.flatMap((port) => (port.loopback ? String(port.outside) : []))
  const names = workload.project === undefined ? [] : [name, ...workload.aliases].filter((each) => nameOf(each) !== each)
  const links = host.Links ?? []
  return [
    ...(networkMode?.startsWith('container:') ? [remark('shared-network', networkMode.slice('container:'.length))] : []),
    ...(workload.project === undefined && networks.length > 0 ? [remark('networks', ...networks.map((network) => network.name))] : []),
    ...(names.length > 0 ? [remark('renamed', ...names.map((each) => `${each} → ${nameOf(each)}`))] : []),
    ...(links.length > 0 ? [remark('links', ...links)] : []),
    ...(loopback.length > 0 ? [remark('loopback', ...loopback)] : []),
  ]
}

/** What clusters often refuse, and what an administrator would ask about. */
const rightsOf = ({ host, networkMode }: Settings): string[] => [
  ...(host.Privileged ? ['--privileged'] : []),
  ...(networkMode === 'host' ? ['--network host'] : []),
  ...(host.PidMode === 'host' ? ['--pid host'] : []),
  ...(host.IpcMode === 'host' ? ['--ipc host'] : []),
  ...(host.CapAdd ?? []).map((capability) => `--cap-add ${capability}`),
]

const unsaidOf = (settings: Settings): string[] => {
  const { host } = settings
  return [
    ...(host.Devices?.length ? ['--device'] : []),
    ...(host.DeviceRequests?.length ? ['--gpus'] : []),
    ...(host.Ulimits?.length ? ['--ulimit'] : []),
    ...(settings.logs ? ['--log-driver'] : []),
    ...(settings.runtime !== undefined ? ['--runtime'] : []),
    ...(settings.stopSignal !== undefined ? ['--stop-signal'] : []),
    ...(host.Init ? ['--init'] : []),
    ...((host.PidsLimit ?? 0) > 0 ? ['--pids-limit'] : []),
    ...(settings.mac !== undefined ? ['--mac-address'] : []),
  ]
}
