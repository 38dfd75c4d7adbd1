import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { get } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface Machine {
  name: string
  address: string
  socket: string
  /** Its cable is pulled, and put back. */
  unplug(): Promise<void>
  plug(): Promise<void>
}
export interface Machines extends AsyncDisposable {
  machines: Machine[]
  folder: string
  /** What the machine at that address answers, from outside of it. */
  fetch(address: string, port: number): Promise<string>
}

/**
 * Docker engines as machines of their own: each in a network namespace with an address on a switch, a host name and a data root of its own. Nothing
 * of this machine's network is touched; everything goes with the processes that hold the namespaces.
 */
export async function startMachines(names: readonly string[], dockerd: string, root: string | undefined): Promise<Machines> {
  await using parts = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'slipway-cluster-'))
  parts.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 500 }))
  const hub = await hold(parts)
  const inHub = (...words: string[]) => run('nsenter', ['-t', String(hub), '-n', '--', ...words])
  await inHub('ip', 'link', 'add', 'hub', 'type', 'bridge')
  await inHub('ip', 'address', 'add', '10.77.0.254/24', 'dev', 'hub')
  await inHub('ip', 'link', 'set', 'hub', 'up')
  const machines: Machine[] = []
  for (const [index, name] of names.entries()) {
    const place = await hold(parts)
    const cable = `cable${index + 1}`
    const address = `10.77.0.${index + 1}`
    const within = (...words: string[]) => run('nsenter', ['-t', String(place), '-n', '--', ...words])
    await inHub('ip', 'link', 'add', cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(place))
    await inHub('ip', 'link', 'set', cable, 'master', 'hub', 'up')
    await within('ip', 'link', 'set', 'lo', 'up')
    await within('ip', 'address', 'add', `${address}/24`, 'dev', 'eth0')
    await within('ip', 'link', 'set', 'eth0', 'up')
    await within('ip', 'route', 'add', 'default', 'via', '10.77.0.254')
    machines.push({
      name, address, socket: join(folder, name, 'docker.sock'),
      unplug: async () => void (await inHub('ip', 'link', 'set', cable, 'down')),
      plug: async () => void (await inHub('ip', 'link', 'set', cable, 'up')),
    })
    await startDockerd(parts, { name, place, home: join(folder, name), dockerd, root })
  }
  const kept = parts.move()
  return {
    machines,
    folder,
    fetch: async (address, port) => (await inHub('timeout', '10', 'bash', '-c', `exec 3<>/dev/tcp/${address}/${port}; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3`)).stdout.split('\r\n\r\n')[1] ?? '',
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** Also when the test is cut off. */
const dieWith = (signal: 'KILL' | 'TERM') => ['--pdeathsig', signal, '--']

/** A process that does nothing but keep a network namespace. */
async function hold(parts: AsyncDisposableStack): Promise<number> {
  const child = spawn('setpriv', [...dieWith('KILL'), 'unshare', '--net', 'sleep', 'infinity'], { stdio: 'ignore' })
  parts.defer(() => end(child, 'SIGKILL'))
  await once(child, 'spawn')
  const own = await readLink('self')
  while ((await readLink(String(child.pid))) === own) await wait(20)
  return child.pid as number
}
const readLink = async (pid: string) => (await run('readlink', [`/proc/${pid}/ns/net`])).stdout

async function startDockerd(parts: AsyncDisposableStack, { name, place, home, dockerd, root }: { name: string; place: number; home: string; dockerd: string; root: string | undefined }): Promise<void> {
  await mkdir(home, { recursive: true })
  const words = [dockerd, '--data-root', join(home, 'data'), '--exec-root', join(home, 'exec'), '--pidfile', join(home, 'pid'), '--host', `unix://${join(home, 'docker.sock')}`, '--shutdown-timeout', '3']
  // There is no way out and nobody who knows names: that is said at once, by the switch.
  await writeFile(join(home, 'resolv.conf'), 'nameserver 10.77.0.254\n')
  const script = [`hostname ${name}`, ...(root ? enter(root, home) : ['mount -t tmpfs tmpfs /run']), `mount --bind ${home}/resolv.conf /etc/resolv.conf`, `exec ${words.join(' ')}`].join('\n')
  const child = spawn('setpriv', [...dieWith('TERM'), 'nsenter', '-t', String(place), '-n', '--', 'unshare', '--mount', '--uts', '--propagation', 'private', 'sh', '-ec', script], { stdio: ['ignore', 'pipe', 'pipe'] })
  const log = createWriteStream(join(home, 'log'))
  child.stdout?.pipe(log, { end: false })
  child.stderr?.pipe(log, { end: false })
  parts.defer(() => end(child, 'SIGTERM'))
  // The socket is there before the engine knows whether it can work.
  while (!(await answers(join(home, 'docker.sock')))) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`dockerd of ${name} ended:\n${(await readFile(join(home, 'log'), 'utf8')).slice(-2000)}`)
    await wait(100)
  }
}

/**
 * The root becomes that of the mount namespace: what later enters a container's namespaces (docker exec, and what makes its files) starts at the namespace's root,
 * which a chroot leaves where it was.
 */
const enter = (root: string, home: string) => [
  `mount --bind ${root} ${root}`,
  ...['dev', 'tmp'].map((each) => `mount --rbind --make-rslave /${each} ${root}/${each}`),
  `mount -t proc proc ${root}/proc`,
  // Of this network namespace; the control groups are the machine's.
  `mount -t sysfs sysfs ${root}/sys`,
  `mount --rbind --make-rslave /sys/fs/cgroup ${root}/sys/fs/cgroup`,
  `mkdir -p ${root}${home}`,
  `mount --bind ${home} ${root}${home}`,
  `mount -t tmpfs tmpfs ${root}/run`,
  `mkdir ${root}/run/former`,
  `cd ${root}`,
  'pivot_root . run/former',
  'umount -l /run/former',
  'rmdir /run/former',
]

const answers = (socketPath: string) =>
  new Promise<boolean>((resolve) => {
    get({ socketPath, path: '/_ping' }, (response) => resolve(response.resume().statusCode === 200)).once('error', () => resolve(false))
  })

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill(signal)
  const late = setTimeout(() => child.kill('SIGKILL'), 60_000)
  await ended
  clearTimeout(late)
}
