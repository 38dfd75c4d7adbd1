#!/usr/bin/env node
import { chmodSync, chownSync, mkdirSync, readFileSync } from 'node:fs'
import { CommanderError } from 'commander'
import { isEngineError, type EngineError } from '#shared/errors.ts'
import { EXIT, formatCommandLine, parseCommandLine, type CommandLine } from './command-line.ts'
import { acquireLock } from './core/host/exclusive-lock.ts'
import { enteredNamespaces, enterNamespaces, needsNamespaces, watchNamespaces } from './core/host/rootless/launch.ts'
import { endRootlessKit } from './core/host/rootless/rootlesskit.ts'
import type { RootlessNamespaces } from './core/host/rootless/namespaces.ts'
import { loadSyscalls } from './core/host/syscalls.ts'
import { findInheritedSocket, forgetInheritedSocket, type InheritedSocket } from './inherited-socket.ts'
import { createLayout, type Layout } from './layout.ts'
import { closeToOthers, refuseForeignFolders } from './own-folders.ts'
import { readRegistryFiles } from './registry-request.ts'
import { prepareSocketPath } from './socket-path.ts'
import { formatAddress, readTlsFiles } from './tcp-request.ts'
import { VERSION } from './version.ts'

/**
 * The engine as a program: takes its roots for itself, enters a user's namespaces where it is not root's, serves until it is
 * told to stop, and leaves containers running unless told otherwise. `engine ready unix://PATH` on standard output means that it accepts.
 * A socket it was started with (systemd's socket activation) takes the place of `--socket`.
 */
async function main(): Promise<number> {
  if (process.argv[2] === 'doctor') return await (await import('./doctor-program.ts')).runDoctor(process.argv.slice(3))
  if (process.argv[2] === 'data') return await (await import('./data-program.ts')).runData(process.argv.slice(3))
  const line = parseCommandLine(process.argv.slice(2))
  // Files of images and volumes carry modes of their own; ours must not depend on the shell that started us.
  process.umask(0o022)
  const layout = createLayout(line.dataRoot, line.runRoot)
  using roots = takeRoots(layout)
  const inherited = findInheritedSocket()
  if (!inherited) await prepareSocketPath(line.socket, isRoot() ? 0o755 : 0o700)
  if (needsNamespaces()) {
    // Becoming the process inside lets go of the locks, so that process takes them again.
    roots.dispose()
    if (inherited) loadSyscalls().keepAcrossExec(inherited.fd)
    await enterNamespaces(layout, formatCommandLine(line))
  }
  forgetInheritedSocket()
  return await serve(inherited ? { ...line, socket: inherited.path } : line, layout, enteredNamespaces(layout), inherited)
}

async function serve(line: CommandLine, layout: Layout, namespaces: RootlessNamespaces | undefined, inherited: InheritedSocket | undefined): Promise<number> {
  const tls = line.tcp && readTlsFiles(line.tcp)
  const sharing = line.registry && readRegistryFiles(line.registry)
  // Loaded only now: the first stage of a user's start has no use for them.
  const [{ createHost }, { createEngine }] = await Promise.all([import('./core/host/create-host.ts'), import('./index.ts')])
  const stop = untilStopped(namespaces)
  const host = await createHost({ layout, runtime: line.runtime, namespaces })
  if (line.debug) log(`host: ${JSON.stringify(host.facts)}`)
  const engine = await createEngine({ layout, host, registryMirrors: line.registryMirrors, defaults: line.defaults, sharing, version: VERSION, log })
  try {
    await (inherited ? engine.listenOn(inherited.fd) : engine.listen(line.socket))
    // One that was handed over has the mode and the group that its owner chose.
    if (!inherited && !host.facts.rootless) shareSocket(line.socket)
    if (tls) log(`listening on tcp://${formatAddress(tls.host, await engine.listenTls(tls))}, for clients with a certificate`)
    process.stdout.write(`engine ready unix://${line.socket}\n`)
    const { status, reason } = await stop
    log(`stopping: ${reason}`)
    if (status !== EXIT.stopped) return status
    if (line.stopContainers) await engine.stopContainers()
  } finally {
    await engine[Symbol.asyncDispose]()
  }
  // The next engine makes them anew, in 60 ms.
  if (namespaces && engine.leftRunning() === 0) endRootlessKit(namespaces)
  return EXIT.stopped
}

/** The first signal stops in good order; a second one stops at once. */
function untilStopped(namespaces: RootlessNamespaces | undefined): Promise<{ status: number; reason: string }> {
  const { promise, resolve } = Promise.withResolvers<{ status: number; reason: string }>()
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.once(signal, () => {
      process.once(signal, () => process.exit(EXIT.failed))
      resolve({ status: EXIT.stopped, reason: signal })
    })
  }
  if (namespaces) watchNamespaces(namespaces, () => resolve({ status: EXIT.namespacesLost, reason: 'RootlessKit ended' }))
  return promise
}

/**
 * Root's run root is searchable by all, so that a group may be let in by the socket's own mode; everything in it is closed. So is the data root: files of
 * images and volumes have the modes that their makers gave them, set-uid ones too, which no other user of the machine may read or run (CVE-2021-41091).
 */
function takeRoots(layout: Layout): DisposableStack {
  mkdirSync(layout.dataRoot, { recursive: true, mode: 0o710 })
  mkdirSync(layout.runRoot, { recursive: true, mode: isRoot() ? 0o711 : 0o700 })
  refuseForeignFolders([layout.dataRoot, layout.runRoot])
  for (const folder of [layout.containersRun, layout.buildsRun]) mkdirSync(folder, { recursive: true, mode: 0o700 })
  closeToOthers([layout.dataRoot, layout.containersRun, layout.buildsRun])
  using stack = new DisposableStack()
  stack.use(acquireLock(loadSyscalls(), layout.lockFile, `the data root ${layout.dataRoot}`))
  stack.use(acquireLock(loadSyscalls(), layout.runLockFile, `the run root ${layout.runRoot}`))
  return stack.move()
}

const isRoot = () => process.geteuid!() === 0

/** Whoever may use root's socket is root; a group named `slipway` is how an administrator says who (docs/decisions/0202-socket-and-its-group.md). */
function shareSocket(path: string): void {
  const gid = /^slipway:[^:]*:(\d+):/m.exec(readFileSync('/etc/group', 'utf8'))?.[1]
  if (gid !== undefined) chownSync(path, 0, Number(gid))
  chmodSync(path, 0o660)
}

function log(text: string): void {
  process.stderr.write(`${new Date().toISOString()} ${text}\n`)
}

function fail(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode
  if (!isEngineError(error) || error.code === 'internal') {
    process.stderr.write(`slipway-engine: ${error instanceof Error ? error.stack : String(error)}\n`)
    return EXIT.failed
  }
  process.stderr.write(`slipway-engine: ${error.message}\n${error.hint ? `${error.hint.replaceAll(/^/gm, '  ')}\n` : ''}`)
  return statusOf(error)
}

function statusOf(error: EngineError): number {
  if (error.code === 'conflict') return EXIT.inUse
  if (error.code === 'invalid-argument') return EXIT.badUsage
  return error.code === 'failed-precondition' ? EXIT.hostLacks : EXIT.failed
}

// Who started us may go before us, and take the other end of the pipes along; that must not end the engine.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
process.exit(await main().catch(fail))
