import { readFile } from 'node:fs/promises'
import { parseSocketTable, type BoundSocket, type SocketProtocol } from './socket-table.ts'
import { findSocketOwners } from './socket-owners.ts'

/** Somebody on this machine who waits for connections or datagrams. */
export interface Listener {
  protocol: SocketProtocol
  address: string
  port: number
  /** Undefined where the kernel does not tell us: another user's program, or any program when we are in a user namespace. */
  owner: SocketOwner | undefined
}
export interface SocketOwner {
  pid: number
  /** The kernel's short name of the program, 15 bytes at most. */
  program: string
}

/** Who listens in the network that the engine itself is in, which is the machine's also when an ordinary user started it. */
export async function readListeners(): Promise<Listener[]> {
  const tables = await Promise.all((['tcp', 'udp'] as const).flatMap((protocol) => [readTable(protocol, protocol), readTable(`${protocol}6`, protocol)]))
  const sockets = tables.flat()
  const owners = await findSocketOwners(new Set(sockets.map(({ inode }) => inode)))
  return sockets.map(({ inode, ...socket }) => ({ ...socket, owner: owners.get(inode) }))
}

/** A kernel without IPv6 has no tables for it. */
async function readTable(name: string, protocol: SocketProtocol): Promise<BoundSocket[]> {
  const text = await readFile(`/proc/self/net/${name}`, 'utf8').catch(() => '')
  return parseSocketTable(text, protocol)
}
