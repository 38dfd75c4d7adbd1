import { fstatSync, readFileSync, readlinkSync } from 'node:fs'
import { EngineError } from '#shared/errors.ts'

/** The first of the descriptors that whoever starts us hands over: https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html */
const FIRST = 3
/** `Flags` of a listening socket in /proc/net/unix: SO_ACCEPTCON, https://man7.org/linux/man-pages/man5/proc_pid_net.5.html */
const LISTENS = '00010000'

/** A listening unix socket that this process was started with, by systemd (socket activation) or who does as it does. */
export interface InheritedSocket {
  fd: number
  /** Where clients find it. */
  path: string
}

/**
 * Undefined when none was handed to this very process. Its variables are taken out of the environment by `forgetInheritedSocket`, once this process will not become another.
 * @throws invalid-argument (inherited-socket) for anything but one listening unix socket: on TCP the engine listens only with mutual TLS.
 */
export function findInheritedSocket(environment: NodeJS.ProcessEnv = process.env, pid = process.pid): InheritedSocket | undefined {
  if (Number(environment['LISTEN_PID']) !== pid) return undefined
  const count = Number(environment['LISTEN_FDS'])
  if (count === 0) return undefined
  if (count !== 1) throw refusal(`${count} sockets were handed over`)
  if (!fstatSync(FIRST).isSocket()) throw refusal('what was handed over is not a socket')
  const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${FIRST}`))?.[1]
  const path = inode && listeningPath(readFileSync('/proc/self/net/unix', 'utf8'), inode)
  if (!path) throw refusal('the socket that was handed over does not listen at a path')
  return { fd: FIRST, path }
}

/** So that no child takes it for its own. */
export function forgetInheritedSocket(environment: NodeJS.ProcessEnv = process.env): void {
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete environment[name]
}

/** `Num RefCount Protocol Flags Type St Inode Path`; the path may hold spaces. */
export function listeningPath(table: string, inode: string): string | undefined {
  for (const line of table.split('\n')) {
    const [, flags, found, path] = /^\S+ \S+ \S+ (\S+) \S+ \S+\s+(\d+) (\/.*)$/.exec(line) ?? []
    if (found === inode && flags === LISTENS) return path
  }
  return undefined
}

const refusal = (why: string) => new EngineError('invalid-argument', `The engine takes one listening unix socket, but ${why}.`, { reason: 'inherited-socket', hint: 'Give the socket unit exactly one ListenStream=, with a path.' })
