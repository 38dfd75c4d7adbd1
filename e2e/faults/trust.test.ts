import { existsSync } from 'node:fs'
import { chmod, readFile, readdir, readlink, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from '../fixtures/engine.ts'
import { callRaw } from '../fixtures/raw-api.ts'
import { setStage, type Stage } from '../fixtures/stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await setStage()
  await stage.engine.ok('run', '-d', '--name', 'runs', stage.busybox, 'sleep', '1000')
})
afterAll(async () => stage?.[Symbol.asyncDispose]())

const call = (method: string, path: string, body?: unknown) => callRaw(stage.engine.socket, method, path, body)

test('the engine listens on its socket and nowhere else: no port of the machine, no name without a file', async () => {
  const { engine, busybox } = stage
  await engine.ok('run', '-d', '--name', 'named', '--network', (await engine.ok('network', 'create', 'names')) && 'names', busybox, 'sleep', '1000')
  expect((await stat(engine.socket)).mode & 0o777).toBe(0o660)
  const { Listeners } = (await call('GET', '/slipway/host/ports')).json<{ Listeners: { PID?: number }[] }>()
  expect(Listeners.filter(({ PID }) => PID === engine.pid)).toEqual([])
  const inodes = new Set((await Promise.all((await readdir(`/proc/${engine.pid}/fd`)).map((fd) => readlink(`/proc/${engine.pid}/fd/${fd}`).catch(() => '')))).map((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1]))
  const unix = (await readFile('/proc/net/unix', 'utf8')).split('\n').map((line) => line.trim().split(/\s+/)).filter((words) => inodes.has(words[6]))
  // 00010000: it listens.
  expect(unix.filter((words) => words[3] === '00010000').map((words) => words[7])).toEqual([engine.socket])
  expect(unix.filter((words) => words[7]?.startsWith('@'))).toEqual([])
})

test('another user of the machine reaches no file of a container or a volume, set-uid programs least of all', async () => {
  const { engine, busybox } = stage
  const id = await engine.ok('run', '-d', '-v', 'theirs:/v', busybox, 'sh', '-c', 'for to in / /v/; do cp /bin/busybox ${to}suid && chmod 4755 ${to}suid; done; sleep 1000')
  await expect.poll(() => engine.ok('exec', id, 'ls', '/v')).toBe('suid')
  const places = [join(engine.runRoot, 'containers', id, 'bundle/rootfs/suid'), join(engine.dataRoot, 'volumes/theirs/_data/suid')]
  for (const place of places) expect((await stat(place)).mode & 0o4777).toBe(0o4755)
  const above = [...new Set([engine.dataRoot, engine.runRoot].map(dirname))]
  const before = await Promise.all(above.map((folder) => stat(folder)))
  try {
    // The roots of tests lie in a folder that is closed itself.
    for (const folder of above) await chmod(folder, 0o755)
    for (const place of [...places, join(engine.dataRoot, 'build-cache'), join(engine.runRoot, 'build/x')]) {
      const reached = await run('setpriv', ['--reuid', '65534', '--regid', '65534', '--clear-groups', 'stat', place])
      expect(reached.output, place).toContain('Permission denied')
    }
  } finally {
    for (const [index, folder] of above.entries()) await chmod(folder, before[index]!.mode & 0o7777)
    await engine.ok('rm', '-fv', id)
  }
})

test('a container finds the engine at no address of the host, and its socket nowhere', async () => {
  const { engine, busybox } = stage
  const gateway = await engine.ok('network', 'inspect', '-f', '{{(index .IPAM.Config 0).Gateway}}', 'bridge')
  const seek = `for a in ${gateway} host.gw 127.0.0.1; do for p in 2375 2376 4243 80; do nc -w 1 $a $p </dev/null >/dev/null 2>&1 && echo "$a $p answers"; done; done; find / -xdev -name '*.sock' -not -path '/proc/*' 2>/dev/null; cat /proc/self/mountinfo | grep -c docker.sock; true`
  expect(await engine.ok('run', '--rm', '--add-host', 'host.gw:host-gateway', busybox, 'sh', '-c', seek)).toBe('0')
})

/** Names that a shell, an option parser, a path or a screen would take for something else. */
const HOSTILE = ['$(touch CANARY)', '; touch CANARY', '--help', '../../CANARY', 'a\0b', 'a\nb', '\u202etxt', '\x1b]0;x\x07', '*', '/..']

/** Every request in which a client names something. */
function requestsNaming(name: string, busybox: string): [method: string, path: string, body?: unknown][] {
  const text = encodeURIComponent(name)
  const create = (config: object, HostConfig: object = {}): [string, string, unknown] => ['POST', '/containers/create', { Image: busybox, Cmd: ['true'], ...config, HostConfig }]
  const configs = [{ Hostname: name }, { Domainname: name }, { User: name }, { StopSignal: name }, { WorkingDir: `/${name}` }, { Env: [`A=${name}`] }, { Image: name }, { Labels: { [name]: name } }, { MacAddress: name }, { ExposedPorts: { [name]: {} } }, { Volumes: { [`/${name}`]: {} } }]
  const hosts = [
    { NetworkMode: name }, { Binds: [`${name}:/x`] }, { Binds: [`vol:/${name}`] }, { ExtraHosts: [`${name}:10.0.0.1`] }, { Dns: [name] }, { DnsSearch: [name] }, { DnsOptions: [name] }, { CgroupParent: name }, { Runtime: name }, { Sysctls: { [name]: '1' } }, { CapAdd: [name] },
    { SecurityOpt: [name] }, { Tmpfs: { '/t': name } }, { CpusetCpus: name }, { Links: [name] }, { VolumesFrom: [name] }, { PidMode: name }, { Devices: [{ PathOnHost: name, PathInContainer: name }] },
  ]
  return [
    ['POST', `/containers/create?name=${text}`, create({})[2]],
    ...configs.map((config) => create(config)),
    ...hosts.map((host) => create({}, host)),
    ['POST', '/networks/create', { Name: name }],
    ['POST', '/networks/create', { Name: 'driver', Driver: name }],
    ...['com.docker.network.bridge.name', 'com.docker.network.driver.mtu', 'com.docker.network.bridge.host_binding_ipv4'].map((option): [string, string, unknown] => ['POST', '/networks/create', { Name: option, Options: { [option]: name } }]),
    ['POST', '/networks/create', { Name: 'macvlan', Driver: 'macvlan', Options: { parent: name } }],
    ['POST', '/volumes/create', { Name: name }],
    ['POST', '/volumes/create', { Name: 'typed', DriverOpts: { type: name, device: name, o: name } }],
    create({}, { Binds: ['typed:/bin'] }),
    ['POST', `/images/create?fromImage=${text}&tag=1`],
    ['POST', `/images/${encodeURIComponent(busybox)}/tag?repo=${text}`],
    ['GET', `/containers/${text}/top`],
    ['GET', `/containers/runs/top?ps_args=${text}`],
    ['POST', `/build?remote=${text}`],
    ...[name, `main:${name}`].map((place): [string, string] => ['POST', `/build?remote=${encodeURIComponent(`http://127.0.0.1:1/x.git#${place}`)}`]),
    ['POST', '/auth', { serveraddress: name, username: name, password: name }],
    ['GET', `/events?since=${text}&until=1`],
  ]
}

test.for(HOSTILE.map((name) => [JSON.stringify(name), name] as const))('%s is refused or taken as it is, wherever a name can be given', async ([, template]) => {
  const { engine, busybox, folder } = stage
  const canary = join(folder, 'canary')
  const made: string[] = []
  const bugs: unknown[] = []
  for (const [method, path, body] of requestsNaming(template.replace('CANARY', canary), busybox)) {
    const reply = await call(method, path, body)
    if (reply.text.includes('"code":"internal"')) bugs.push([method, path, body, reply.text])
    if (path.startsWith('/containers/create') && reply.status === 201) made.push(reply.json<{ Id: string }>().Id)
  }
  // Paths are what matters at a start: of the others one is as good as all.
  for (const id of made.slice(0, 4)) {
    const reply = await call('POST', `/containers/${id}/start`)
    if (reply.text.includes('"code":"internal"')) bugs.push(['start', reply.text])
  }
  await Promise.all(made.map((id) => call('DELETE', `/containers/${id}?force=1&v=1`)))
  await engine.ok('network', 'prune', '-f')
  await call('POST', `/volumes/prune?filters=${encodeURIComponent('{"all":["true"]}')}`)
  expect(bugs).toEqual([])
  expect(existsSync(canary)).toBe(false)
})
