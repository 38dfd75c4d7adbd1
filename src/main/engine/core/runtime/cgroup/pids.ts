import { readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Cgroup } from './locate.ts'

/** Controllers whose v1 hierarchy every runtime puts the container in. */
const V1_LOOKED_AT = ['pids', 'memory', 'freezer', 'devices'] as const

/** Processes of a container: of its cgroup and those below, or, without one, of its pid namespace. */
export async function containerPids(cgroup: Cgroup | undefined, pid: number): Promise<number[]> {
  const directory = cgroup?.version === 2 ? cgroup.directory('') : V1_LOOKED_AT.map((name) => cgroup?.directory(name)).find((found) => found !== undefined)
  const pids = directory === undefined ? ((await pidsOfNamespace(pid)) ?? [pid]) : await pidsBelow(directory)
  return pids.sort((a, b) => a - b)
}

async function pidsBelow(directory: string): Promise<number[]> {
  const procs = await absentAs('', readFile(join(directory, 'cgroup.procs'), 'utf8'))
  const children = await absentAs([], readdir(directory, { withFileTypes: true }))
  const below = await Promise.all(children.filter((entry) => entry.isDirectory()).map((entry) => pidsBelow(join(directory, entry.name))))
  return [...procs.split('\n').filter((line) => line !== '').map(Number), ...below.flat()]
}

/** Undefined for a process in our own pid namespace, which is not its container's alone; none when it is gone. */
export async function pidsOfNamespace(pid: number): Promise<number[] | undefined> {
  const namespaceOf = (of: string) => absentAs('', readlink(`/proc/${of}/ns/pid`))
  const own = await namespaceOf(String(pid))
  if (own === '') return []
  if (own === (await namespaceOf('self'))) return undefined
  const all = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const members = await Promise.all(all.map(async (name) => ((await namespaceOf(name)) === own ? [Number(name)] : [])))
  return members.flat()
}

/** A process or cgroup may go while we look; others' processes may be none of our business. */
async function absentAs<Value>(value: Value, work: Promise<Value>): Promise<Value> {
  try {
    return await work
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'ENODEV' || code === 'EPERM') return value
    throw error
  }
}
