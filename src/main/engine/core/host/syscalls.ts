import { createRequire } from 'node:module'
import { constants } from 'node:fs'
import { EngineError, messageOf } from '#shared/errors.ts'
import { findBinary } from './binaries.ts'
import { fromErrno } from '#base/system-error.ts'
import type { PathName, Syscalls } from './host.ts'

/** What native/syscalls exports. */
interface Addon {
  mount(source: string, target: string, type: string, flags: readonly string[], options: string | undefined, cwd: string | undefined): void
  unmount(target: string, detach: boolean): void
  detach(target: string): Promise<void>
  mknod(path: PathName, type: number, mode: number, major: number, minor: number): void
  setXattr(path: PathName, name: string, value: Uint8Array): void
  getXattr(path: PathName, name: string): Buffer | undefined
  listXattrs(path: PathName): Buffer
  removeXattr(path: PathName, name: string): void
  setTimes(path: PathName, accessed: bigint, modified: bigint): void
  openInRoot(rootFd: number, path: PathName, flags: number, mode: number): number
  spreadFolders(path: string): boolean
  createNetworkNamespace(path: string): void
  socketIn(path: string, kind: string, address: string, port: number): number
  netlink(path: string | undefined, protocol: number, request: Uint8Array): Promise<Buffer>
  watchNetlink(path: string | undefined, protocol: number, group: number, listener: (datagram: Buffer) => void): () => void
  tryLock(fd: number): boolean
  keepAcrossExec(fd: number): void
  signalProcess(pid: number, startTime: bigint, signal: number): boolean
  launch(argv: readonly string[], environment: readonly string[]): Promise<{ status: number; stderr: string }>
  trimHeap(): void
}

const NODE_TYPES = { fifo: constants.S_IFIFO, char: constants.S_IFCHR, block: constants.S_IFBLK, socket: constants.S_IFSOCK }

let loaded: Syscalls | undefined

/** The system calls of this machine; the addon is loaded once per thread. @throws failed-precondition (addon-missing) when it was not built. */
export function loadSyscalls(): Syscalls {
  return (loaded ??= wrap(loadAddon()))
}

function loadAddon(): Addon {
  const path = findBinary('slipway-syscalls.node')
  const hint = 'Run `npm run setup`: it builds resources/bin/slipway-syscalls.node and needs gcc and make.'
  if (path === undefined) throw new EngineError('failed-precondition', 'The native part of the engine (slipway-syscalls.node) is missing.', { reason: 'addon-missing', hint })
  try {
    return createRequire(import.meta.url)(path) as Addon
  } catch (cause) {
    throw new EngineError('failed-precondition', `The native part of the engine cannot be loaded: ${messageOf(cause)}`, { reason: 'addon-missing', hint, cause })
  }
}

function wrap(addon: Addon): Syscalls {
  return {
    mount: ({ source, target, type, flags = [], data, cwd }) => guard(() => addon.mount(source, target, type, flags, data, cwd)),
    unmount: (target, options) => guard(() => addon.unmount(target, options?.detach === true)),
    detach: (target) => guardAsync(() => addon.detach(target)),
    mknod: (path, kind, mode, major = 0, minor = 0) => guard(() => addon.mknod(path, NODE_TYPES[kind], mode, major, minor)),
    setXattr: (path, name, value) => guard(() => addon.setXattr(path, name, value)),
    getXattr: (path, name) => guard(() => addon.getXattr(path, name)),
    listXattrs: (path) => guard(() => addon.listXattrs(path).toString('utf8').split('\0').filter(Boolean)),
    removeXattr: (path, name) => guard(() => addon.removeXattr(path, name)),
    setTimes: (path, accessed, modified) => guard(() => addon.setTimes(path, accessed, modified)),
    openInRoot: (rootFd, path, flags, mode = 0) => guard(() => addon.openInRoot(rootFd, path, flags, mode)),
    spreadFolders: (path) => guard(() => addon.spreadFolders(path)),
    createNetworkNamespace: (path) => guard(() => addon.createNetworkNamespace(path)),
    socketIn: (path, kind, address, port) => guard(() => addon.socketIn(path, kind, address, port)),
    netlink: (path, protocol, request) => guardAsync(() => addon.netlink(path, protocol, request)),
    watchNetlink: (path, protocol, group, listener) => guard(() => ({ [Symbol.dispose]: addon.watchNetlink(path, protocol, group, listener) })),
    tryLock: (fd) => guard(() => addon.tryLock(fd)),
    keepAcrossExec: (fd) => guard(() => addon.keepAcrossExec(fd)),
    signalProcess: (pid, startTime, signal) => guard(() => addon.signalProcess(pid, startTime, signal)),
    launch: (argv, environment) => guardAsync(() => addon.launch(argv, environment)),
    trimHeap: () => addon.trimHeap(),
  }
}

function guard<Result>(call: () => Result): Result {
  try {
    return call()
  } catch (error) {
    throw translate(error)
  }
}

async function guardAsync<Result>(call: () => Promise<Result>): Promise<Result> {
  try {
    return await call()
  } catch (error) {
    throw translate(error)
  }
}

function translate(error: unknown): unknown {
  if (!(error instanceof Error) || !('errno' in error) || typeof error.errno !== 'number') return error
  const { syscall, path } = error as Error & { syscall?: string; path?: string }
  return fromErrno(error.errno, [syscall, path].filter(Boolean).join(' '), error)
}
