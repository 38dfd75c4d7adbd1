import { readFile, readdir, readlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { run, type TestEngine } from '../fixtures/engine.ts'

/**
 * What an engine has in the kernel and on disk, found out without asking it: processes by their command lines, mounts by the kernel's
 * table, links by the owner written on their bridge, ports by the firewall's table.
 */
export interface Footprint {
  /** Container ids of the containers' shims that run. */
  shims: string[]
  /** Folders of execs: whether a shim works there, and for which container. */
  execs: { id: string; shim: boolean; container: string }[]
  /** Mount points below the engine's roots, namespaces' pins among them. */
  mounts: string[]
  /** Container ids with a pinned network namespace. */
  namespaces: string[]
  bridges: string[]
  /** Number of cables on those bridges. */
  veths: number
  /** `map key` of every published port in the firewall. */
  ports: string[]
  /** Number of rules in the firewall's table. */
  rules: number
  /** `FOLDER/ID` in the run root, ids in the data root. */
  runFolders: string[]
  dataFolders: string[]
  /** Names in the snapshots' folder. */
  snapshots: string[]
  /** Control groups named after one of the containers asked about. */
  cgroups: string[]
}

export async function observe(engine: Pick<TestEngine, 'dataRoot' | 'runRoot'>, ids: readonly string[] = []): Promise<Footprint> {
  const { dataRoot, runRoot } = engine
  const table = await readFile('/proc/self/mountinfo', 'utf8')
  const mounts = table.split('\n').map((line) => line.split(' ')[4] ?? '').filter((path) => path.startsWith(`${dataRoot}/`) || path.startsWith(`${runRoot}/`))
  const links = await ownLinks(join(dataRoot, 'lock'))
  const shims = await shimsOf(runRoot)
  return {
    shims: shims.filter(({ state }) => !state.startsWith(join(runRoot, 'exec/'))).map(({ id }) => id).sort(),
    execs: (await names(join(runRoot, 'exec'))).map((id) => {
      const shim = shims.find(({ state }) => state === join(runRoot, 'exec', id))
      return { id, shim: shim !== undefined, container: shim?.id ?? '' }
    }),
    mounts: mounts.sort(),
    namespaces: await names(join(runRoot, 'netns')),
    bridges: links.bridges,
    veths: links.veths,
    ...(await firewallOf(links.table)),
    runFolders: (await Promise.all(['containers', 'exec', 'runtime'].map(async (folder) => (await names(join(runRoot, folder))).map((name) => `${folder}/${name}`)))).flat(),
    dataFolders: await names(join(dataRoot, 'containers')),
    snapshots: await names(join(dataRoot, 'snapshots')),
    cgroups: ids.length === 0 ? [] : await cgroupsOf(new Set(ids)),
  }
}

export const names = (folder: string): Promise<string[]> => readdir(folder).then((found) => found.filter((name) => !name.startsWith('.')).sort(), () => [])

/** Open files of a process, as what they lead to. */
export async function openFiles(pid: number): Promise<string[]> {
  const folder = `/proc/${pid}/fd`
  const targets = await Promise.all((await readdir(folder)).map((fd) => readlink(join(folder, fd)).catch(() => '')))
  return targets.filter((target) => target !== '').sort()
}

async function shimsOf(runRoot: string): Promise<{ id: string; state: string }[]> {
  const found: { id: string; state: string }[] = []
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0')
    const state = words[words.indexOf('--state') + 1] ?? ''
    if (basename(words[0] ?? '') === 'slipway-shim' && state.startsWith(`${runRoot}/`)) found.push({ id: words[words.indexOf('--id') + 1] ?? state, state })
  }
  return found
}

interface ShownLink {
  ifname: string
  ifalias?: string
  master?: string
}

async function ownLinks(lockFile: string): Promise<{ bridges: string[]; veths: number; table?: string }> {
  const links = JSON.parse((await run('ip', ['-j', 'link'])).stdout) as ShownLink[]
  const own = links.filter(({ ifalias }) => ifalias?.startsWith('slipway ') && ifalias.endsWith(` ${lockFile}`))
  const bridges = own.map(({ ifname }) => ifname).sort()
  const table = own[0]?.ifalias?.split(' ')[1]
  return { bridges, veths: links.filter(({ master }) => master !== undefined && bridges.includes(master)).length, ...(table !== undefined && { table }) }
}

interface Shown {
  map?: { name: string; elem?: [unknown, unknown][] }
  rule?: object
}

async function firewallOf(table: string | undefined): Promise<Pick<Footprint, 'ports' | 'rules'>> {
  const shown = table === undefined ? undefined : await run('nft', ['-j', 'list', 'table', 'inet', table])
  const { nftables } = (shown?.code === 0 ? JSON.parse(shown.stdout) : { nftables: [] }) as { nftables: Shown[] }
  const ports = nftables.flatMap(({ map }) => (map?.name.startsWith('ports') ? (map.elem ?? []).map(([key]) => `${map.name} ${JSON.stringify(key)}`) : []))
  return { ports: ports.sort(), rules: nftables.filter(({ rule }) => rule).length }
}

async function cgroupsOf(ids: ReadonlySet<string>): Promise<string[]> {
  const all = (await run('find', ['/sys/fs/cgroup', '-type', 'd', '-regextype', 'posix-extended', '-regex', '.*[0-9a-f]{64}.*'])).stdout.split('\n')
  return all.filter((path) => ids.has(/[0-9a-f]{64}/.exec(basename(path))?.[0] ?? ''))
}
