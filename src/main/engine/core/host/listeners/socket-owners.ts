import { readdir, readFile, readlink } from 'node:fs/promises'
import type { SocketOwner } from './listeners.ts'

/**
 * The process behind each socket, by looking through the descriptors of all of them; of several that share one, the oldest. Processes whose descriptors
 * we may not see (proc(5): ptrace access) are passed over, and the search ends when every socket has its owner.
 */
export async function findSocketOwners(inodes: ReadonlySet<number>): Promise<Map<number, SocketOwner>> {
  const owners = new Map<number, SocketOwner>()
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number).sort((one, other) => one - other)
  for (const pid of pids) {
    if (owners.size === inodes.size) break
    const found = (await socketsOf(pid)).filter((inode) => inodes.has(inode) && !owners.has(inode))
    if (found.length === 0) continue
    const program = await programOf(pid)
    for (const inode of found) owners.set(inode, { pid, program })
  }
  return owners
}

async function socketsOf(pid: number): Promise<number[]> {
  const folder = `/proc/${pid}/fd`
  const names = await readdir(folder).catch(() => [])
  const targets = await Promise.all(names.map((name) => readlink(`${folder}/${name}`).catch(() => '')))
  return targets.flatMap((target) => {
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1]
    return inode === undefined ? [] : [Number(inode)]
  })
}

const programOf = async (pid: number) => (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trimEnd()

/** The process and its parents, up to the first that there is nothing above. */
export async function lineageOf(pid: number): Promise<number[]> {
  const lineage: number[] = []
  for (let at = pid; at > 0 && !lineage.includes(at); at = await parentOf(at)) lineage.push(at)
  return lineage
}

/** Field 4 of /proc/PID/stat; the second is in brackets and may hold anything. */
async function parentOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1] ?? 0)
}
