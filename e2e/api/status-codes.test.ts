import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { callRaw } from '../fixtures/raw-api.ts'
import { setStage, type Stage } from '../fixtures/stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await setStage()
  await stage.engine.ok('create', '--name', 'made', stage.busybox, 'true')
  await stage.engine.ok('run', '-d', '--name', 'runs', stage.busybox, 'sleep', '1000')
  await stage.engine.ok('run', '-d', '--name', 'held', stage.busybox, 'sleep', '1000')
  await stage.engine.ok('pause', 'held')
  await stage.engine.ok('volume', 'create', 'vol')
  await stage.engine.ok('network', 'create', 'net')
})
afterAll(async () => stage?.[Symbol.asyncDispose]())

const api = (method: string, path: string, body?: unknown) => callRaw(stage.engine.socket, method, path, body, typeof body === 'string' ? { 'Content-Type': 'application/json' } : {})
const image = () => stage.busybox

/** What Docker's own API description and its integration tests say of each. A body is made when the stage is there. */
const CASES: readonly [method: string, path: string, status: number, message?: string | RegExp, body?: () => unknown][] = [
  ['GET', '/nonesuch', 404, 'page not found'],
  ['GET', '/v1.99/info', 400, 'client version 1.99 is too new. Maximum supported API version is 1.50'],
  ['GET', '/v1.10/info', 400, 'client version 1.10 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version'],
  ['GET', '/containers/json?filters=garbage', 400],
  ['GET', '/containers/json?filters={"nonsense":["x"]}', 400, "invalid filter 'nonsense'"],
  ['GET', '/containers/json?filters={"status":["nonsense"]}', 400],
  ['GET', '/containers/json?limit=x', 400],
  ['POST', '/containers/create', 400, 'invalid JSON: got EOF while reading request body'],
  ['POST', '/containers/create', 400, "invalid JSON: invalid character 'g' looking for beginning of value", () => 'garbage'],
  ['POST', '/containers/create', 404, 'No such image: nope:latest', () => ({ Image: 'nope' })],
  ['POST', '/containers/create?name=made', 409, /^Conflict\. The container name "\/made" is already in use by container "[0-9a-f]{64}"/, () => ({ Image: image() })],
  ['POST', '/containers/create?name=-x', 400, 'Invalid container name (-x), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed', () => ({ Image: image() })],
  ['POST', '/containers/create?platform=linux/s390x', 404, undefined, () => ({ Image: image() })],
  ['POST', '/containers/create', 400, /invalid restart policy/, () => ({ Image: image(), HostConfig: { RestartPolicy: { Name: 'nonsense' } } })],
  ['POST', '/containers/create', 400, 'Minimum memory limit allowed is 6MB', () => ({ Image: image(), HostConfig: { Memory: 1000 } })],
  ['POST', '/containers/create', 400, undefined, () => ({ Image: image(), HostConfig: { Binds: ['relative/:'] } })],
  ['POST', '/containers/create', 400, undefined, () => ({ Image: image(), HostConfig: { Mounts: [{ Type: 'bind', Source: '/does/not/exist', Target: '/x' }] } })],
  ['POST', '/containers/create', 400, undefined, () => ({ Image: image(), HostConfig: { PortBindings: { 'x/tcp': [] } } })],
  ['POST', '/containers/create', 400, 'invalid tmpfs option "nonsense"', () => ({ Image: image(), HostConfig: { Tmpfs: { '/x': 'size=1m,nonsense' } } })],
  ['POST', '/containers/create', 400, /must not be specified$/, () => ({ Image: image(), HostConfig: { Binds: ['/tmp:/x:nocopy'] } })],
  ['POST', '/containers/create', 400, 'mount options conflict: !ReadOnly && BindOptions.ReadOnlyForceRecursive', () => ({ Image: image(), HostConfig: { Mounts: [{ Type: 'bind', Source: '/tmp', Target: '/x', BindOptions: { ReadOnlyForceRecursive: true } }] } })],
  ['POST', '/containers/create', 400, 'bad format for links: a:b:c', () => ({ Image: image(), HostConfig: { Links: ['a:b:c'] } })],
  ['POST', '/containers/create', 400, 'invalid config for network net: EndpointsConfig is nil', () => ({ Image: image(), NetworkingConfig: { EndpointsConfig: { net: null } } })],
  ['GET', '/containers/nobody/json', 404, 'No such container: nobody'],
  ['GET', '/containers/nobody/top', 404],
  ['GET', '/containers/nobody/stats', 404],
  ['POST', '/containers/nobody/start', 404],
  ['POST', '/containers/nobody/wait', 404],
  ['POST', '/containers/nobody/attach', 404],
  ['POST', '/containers/nobody/exec', 404, undefined, () => ({ Cmd: ['true'] })],
  ['POST', '/containers/nobody/kill', 404, 'cannot kill container: nobody: No such container: nobody'],
  ['DELETE', '/containers/nobody', 404],
  ['GET', '/containers/made/checkpoints', 501, /experimental/],
  ['GET', '/containers/made/top', 409, /is not running$/],
  ['POST', '/containers/made/kill', 409, /is not running$/],
  ['POST', '/containers/made/pause', 409, /is not running$/],
  ['POST', '/containers/made/unpause', 409, /is not paused$/],
  ['POST', '/containers/made/stop', 304],
  ['POST', '/containers/made/exec', 409, /is not running$/, () => ({ Cmd: ['true'] })],
  ['POST', '/containers/made/resize?h=1&w=1', 409],
  ['POST', '/containers/made/resize?h=x&w=1', 400],
  ['POST', '/containers/made/rename', 400],
  ['POST', '/containers/made/rename?name=runs', 409, /^Error when allocating new name: Conflict\. /],
  ['GET', '/containers/runs/stats?one-shot=1', 400, 'cannot have stream=true and one-shot=true'],
  ['POST', '/containers/runs/start', 304],
  ['POST', '/containers/runs/unpause', 409],
  ['POST', '/containers/runs/kill?signal=NONSENSE', 400, 'cannot kill container: runs: invalid signal: NONSENSE'],
  ['POST', '/containers/runs/exec', 400, 'No exec command specified', () => ({})],
  ['POST', '/containers/runs/update', 400, undefined, () => ({ Memory: 1000 })],
  ['POST', '/containers/runs/wait?condition=nonsense', 400],
  ['GET', '/containers/runs/logs', 400, 'Bad parameters: you must choose at least one stream'],
  ['GET', '/containers/runs/top?ps_args=--nonsense', 400],
  ['DELETE', '/containers/runs', 409, /container is running: stop the container before removing or force remove$/],
  ['POST', '/containers/held/pause', 409, /is already paused$/],
  ['POST', '/containers/held/exec', 409, /is paused, unpause the container before exec$/, () => ({ Cmd: ['true'] })],
  ['POST', '/containers/prune?filters={"name":["x"]}', 400],
  ['GET', '/exec/nobody/json', 404, 'No such exec instance: nobody'],
  ['POST', '/exec/nobody/start', 404, undefined, () => ({})],
  ['GET', '/images/nope/json', 404, 'No such image: nope:latest'],
  ['GET', '/images/nope/history', 404],
  ['DELETE', '/images/nope', 404],
  ['POST', '/images/nope/tag?repo=x', 404],
  ['POST', '/images/create', 400],
  ['GET', '/images/json?filters={"nonsense":["x"]}', 400],
  ['POST', `/images/create?fromSrc=-&repo=a@sha256:${'a'.repeat(64)}`, 400, 'cannot import digest reference', () => 'x'],
  ['POST', '/commit?container=made&repo=a&tag=/', 400, 'invalid tag format'],
  ['GET', '/images/search', 400],
  ['GET', '/images/search?term=x&limit=1000', 400],
  ['GET', '/volumes/none', 404, 'get none: no such volume'],
  ['DELETE', '/volumes/none', 404],
  ['POST', '/volumes/create', 400, undefined, () => ({ Name: '/x' })],
  ['GET', '/volumes?filters={"nonsense":["x"]}', 400],
  ['GET', '/networks/nowhere', 404, 'network nowhere not found'],
  ['DELETE', '/networks/nowhere', 404],
  ['DELETE', '/networks/bridge', 403, 'bridge is a pre-defined network and cannot be removed'],
  ['POST', '/networks/create', 409, 'network with name net already exists', () => ({ Name: 'net' })],
  ['POST', '/networks/create', 404, undefined, () => ({ Name: 'x2', Driver: 'nonsense' })],
  ['POST', '/networks/create', 403, undefined, () => ({ Name: 'host', Driver: 'host' })],
  ['POST', '/networks/create', 400, undefined, () => ({ Name: 'x3', IPAM: { Config: [{ Subnet: 'nonsense' }] } })],
  ['POST', '/networks/create', 404, 'configuration network "nowhere" does not exist', () => ({ Name: 'x4', ConfigFrom: { Network: 'nowhere' } })],
  ['POST', '/networks/create', 400, 'IPv4 or IPv6 must be enabled', () => ({ Name: 'x5', EnableIPv4: false })],
  ['POST', '/networks/net/connect', 400, 'invalid endpoint settings:\n* invalid IPv4 address: x\n* no configured subnet or ip-range contain the IP address x', () => ({ Container: 'made', EndpointConfig: { IPAMConfig: { IPv4Address: 'x' } } })],
  ['POST', '/networks/net/connect', 404, 'No such container: nobody', () => ({ Container: 'nobody' })],
  ['POST', '/networks/nowhere/connect', 404, undefined, () => ({ Container: 'runs' })],
  ['POST', '/networks/net/disconnect', 403, /is not connected to (the )?network net/, () => ({ Container: 'runs' })],
  ['GET', '/events?since=nonsense', 400],
  ['GET', '/events?since=5&until=1', 400, '`since` time (5) cannot be after `until` time (1)'],
  ['GET', '/system/df?type=nonsense', 400, 'unknown object type: nonsense'],
  ['POST', '/build?buildargs=nonsense', 400, "error reading build args: invalid character 'o' in literal null (expecting 'u')"],
  ['POST', '/build?version=2', 501],
  ['POST', '/auth', 400, undefined, () => 'garbage'],
  ['GET', '/services', 503, /This node is not a swarm manager/],
  ['GET', '/swarm', 503],
  ['GET', '/nodes', 503],
  ['POST', '/swarm/init', 501, undefined, () => ({})],
  ['POST', '/plugins/pull?remote=x', 501],
  ['GET', '/plugins/x/json', 404, 'plugin "x" not found'],
  ['PUT', '/volumes/vol', 503],
  ['POST', '/session', 400, 'no upgrade proto in request'],
  ['POST', '/grpc', 400, 'no upgrade proto in request'],
]

describe('what is wrong is answered as Docker answers it', () => {
  test.for(CASES)('%s %s → %i', async ([method, path, status, message, body]) => {
    const reply = await api(method, path, body?.())
    expect([reply.status, reply.text]).toEqual([status, expect.anything()])
    if (status === 304) return
    expect(reply.headers['content-type']).toBe('application/json')
    const told = reply.json<{ message: string }>().message
    if (typeof message === 'string') expect(told).toBe(message)
    else expect(told).toMatch(message ?? /./)
  })
})

test('what succeeds has Docker\'s status and shape', async () => {
  const created = await api('POST', '/containers/create?name=shape', { Image: image(), Cmd: ['true'] })
  expect([created.status, created.json()]).toEqual([201, { Id: expect.stringMatching(/^[0-9a-f]{64}$/), Warnings: [] }])
  expect((await api('POST', '/containers/shape/start')).status).toBe(204)
  expect((await api('POST', '/containers/shape/wait')).json()).toEqual({ StatusCode: 0 })
  expect((await api('POST', '/containers/shape/rename?name=shaped')).status).toBe(204)
  expect((await api('POST', '/containers/shaped/update', { RestartPolicy: { Name: 'no' } })).json()).toEqual({ Warnings: null })
  expect((await api('DELETE', '/containers/shaped')).status).toBe(204)
  expect((await api('POST', '/containers/prune')).json()).toEqual({ ContainersDeleted: expect.any(Array), SpaceReclaimed: expect.any(Number) })
  expect((await api('POST', '/volumes/create', { Name: 'v2', Labels: { a: 'b' } }))).toMatchObject({ status: 201 })
  expect((await api('GET', '/volumes/v2')).json()).toEqual({ CreatedAt: expect.stringMatching(/Z$/), Driver: 'local', Labels: { a: 'b' }, Mountpoint: expect.any(String), Name: 'v2', Options: null, Scope: 'local' })
  expect((await api('DELETE', '/volumes/v2')).status).toBe(204)
  const network = await api('POST', '/networks/create', { Name: 'n2' })
  expect([network.status, network.json()]).toEqual([201, { Id: expect.stringMatching(/^[0-9a-f]{64}$/), Warning: '' }])
  expect((await api('POST', '/networks/n2/connect', { Container: 'runs' })).status).toBe(200)
  expect((await api('POST', '/networks/n2/disconnect', { Container: 'runs' })).status).toBe(200)
  expect((await api('DELETE', '/networks/n2')).status).toBe(204)
  expect((await api('POST', `/images/${image()}/tag?repo=shape&tag=1`)).status).toBe(201)
  expect((await api('DELETE', '/images/shape:1')).json()).toEqual([{ Untagged: 'shape:1' }])
})

test('what is wrong with an archive is said in the answer to it, which has begun', async () => {
  const reply = await api('POST', '/images/load', 'garbage')
  expect([reply.status, reply.json()]).toEqual([200, { error: expect.any(String), errorDetail: { message: expect.any(String) } }])
})

test('a place that an image names for a volume need not be absolute', async () => {
  const { Id } = (await api('POST', '/containers/create', { Image: image(), Cmd: ['true'], Volumes: { 'some:where': {} } })).json<{ Id: string }>()
  expect((await api('GET', `/containers/${Id}/json`)).json()).toMatchObject({ Mounts: [{ Type: 'volume', Destination: '/some:where' }] })
  await api('DELETE', `/containers/${Id}?v=1`)
})

test('a container has the file by which programs know that they are in one, and it is no change of its own', async () => {
  const { Id } = (await api('POST', '/containers/create', { Image: image(), Cmd: ['test', '-f', '/.dockerenv'] })).json<{ Id: string }>()
  await api('POST', `/containers/${Id}/start`)
  expect((await api('POST', `/containers/${Id}/wait`)).json()).toEqual({ StatusCode: 0 })
  expect((await api('GET', `/containers/${Id}/changes`)).json()).toBeNull()
  await api('DELETE', `/containers/${Id}`)
})

test('inspect shows what was left out as null, ports with an address, and links of the default bridge with both ends', async () => {
  const { Id } = (await api('POST', '/containers/create?name=linked', { Image: image(), HostConfig: { Links: ['runs:other'], PortBindings: { '80/tcp': [{ HostPort: '8099' }] } } })).json<{ Id: string }>()
  expect((await api('GET', `/containers/${Id}/json`)).json()).toMatchObject({ HostConfig: { Links: ['/runs:/linked/other'], PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '8099' }] }, Dns: null, Devices: null, Ulimits: null } })
  await api('DELETE', `/containers/${Id}`)
})

test('a limit of processes is lifted from a container that runs', async () => {
  expect((await api('POST', '/containers/runs/update', { PidsLimit: 50 })).json()).toEqual({ Warnings: null })
  expect((await api('GET', '/containers/runs/json')).json()).toMatchObject({ HostConfig: { PidsLimit: 50 } })
  expect((await api('POST', '/containers/runs/update', { PidsLimit: -1 })).json()).toEqual({ Warnings: null })
  expect((await api('GET', '/containers/runs/json')).json()).toMatchObject({ HostConfig: { PidsLimit: 0 } })
})

test('a network is made from one that is only settings, which stays as long', async () => {
  const subnet = '10.231.7.0/24'
  await stage.engine.ok('network', 'create', '--config-only', '--subnet', subnet, '--label', 'of=settings', 'settings')
  expect((await api('GET', '/networks/settings')).json()).toMatchObject({ ConfigOnly: true, Driver: 'null', IPAM: { Config: [{ Subnet: subnet }] } })
  expect(await stage.engine.docker('run', '--rm', '--network', 'settings', image(), 'true')).toMatchObject({ code: 125, stderr: expect.stringContaining('cannot create endpoint on configuration-only network') })
  await stage.engine.ok('network', 'create', '--config-from', 'settings', 'made-of-it')
  expect((await api('GET', '/networks/made-of-it')).json()).toMatchObject({ ConfigFrom: { Network: 'settings' }, ConfigOnly: false, Driver: 'bridge', Labels: { of: 'settings' }, IPAM: { Config: [{ Subnet: subnet, Gateway: '10.231.7.1' }] } })
  expect(await stage.engine.docker('network', 'rm', 'settings')).toMatchObject({ code: 1, stderr: expect.stringContaining('configuration network "settings" is in use') })
  await stage.engine.ok('network', 'rm', 'made-of-it', 'settings')
})

test('any path says to OPTIONS that it is there', async () => {
  expect((await api('OPTIONS', '/containers/json')).status).toBe(200)
})

test('docker inspect finds what is there by name, and says when nothing is', async () => {
  for (const name of ['runs', stage.busybox, 'net', 'vol']) expect(JSON.parse(await stage.engine.ok('inspect', name))).toHaveLength(1)
  expect(await stage.engine.docker('inspect', 'nothing')).toMatchObject({ code: 1, stderr: expect.stringContaining('No such object: nothing') })
})

test('exec: created, inspected, started detached, and gone with its container', async () => {
  const { Id } = (await api('POST', '/containers/runs/exec', { Cmd: ['sh', '-c', 'exit 4'], AttachStdout: true })).json<{ Id: string }>()
  expect((await api('GET', `/exec/${Id}/json`)).json()).toMatchObject({ ID: Id, Running: false, ExitCode: null, OpenStdin: false, ContainerID: expect.any(String), ProcessConfig: { tty: false, entrypoint: 'sh', arguments: ['-c', 'exit 4'], privileged: false } })
  const started = await api('POST', `/exec/${Id}/start`, { Detach: false })
  expect(started.status).toBe(200)
  expect((await api('GET', `/exec/${Id}/json`)).json()).toMatchObject({ Running: false, ExitCode: 4 })
  expect((await api('POST', `/exec/${Id}/start`, { Detach: true })).status).toBe(409)
})

test('inspect, list and stats have the fields that clients read', async () => {
  const inspected = (await api('GET', '/containers/runs/json')).json<Record<string, object>>()
  for (const name of ['Id', 'Created', 'Path', 'Args', 'State', 'Image', 'ResolvConfPath', 'HostnamePath', 'HostsPath', 'LogPath', 'Name', 'RestartCount', 'Driver', 'Platform', 'MountLabel', 'ProcessLabel', 'AppArmorProfile', 'ExecIDs', 'HostConfig', 'GraphDriver', 'Mounts', 'Config', 'NetworkSettings']) expect(inspected).toHaveProperty(name)
  expect(inspected['State']).toMatchObject({ Status: 'running', Running: true, Paused: false, Restarting: false, OOMKilled: false, Dead: false, Pid: expect.any(Number), ExitCode: 0, Error: '', FinishedAt: '0001-01-01T00:00:00Z' })
  const [row] = (await api('GET', '/containers/json?filters={"name":["runs"]}')).json<object[]>()
  expect(row).toMatchObject({ Names: ['/runs'], Image: image(), ImageID: expect.stringMatching(/^sha256:/), Command: 'sleep 1000', State: 'running', Status: expect.stringMatching(/^Up /), HostConfig: { NetworkMode: 'bridge' }, Ports: [], Labels: {}, Mounts: [] })
  expect((await api('GET', '/containers/json?size=1')).json<object[]>()[0]).toMatchObject({ SizeRootFs: expect.any(Number) })
  const stats = (await api('GET', '/containers/runs/stats?stream=0&one-shot=1')).json()
  expect(stats).toMatchObject({ name: '/runs', id: inspected['Id'], cpu_stats: { cpu_usage: { total_usage: expect.any(Number) }, online_cpus: expect.any(Number), system_cpu_usage: expect.any(Number) }, memory_stats: { usage: expect.any(Number), limit: expect.any(Number) }, pids_stats: { current: expect.any(Number) }, networks: { eth0: { rx_bytes: expect.any(Number) } } })
})

test('version, info, ping and df', async () => {
  const version = (await api('GET', '/version')).json()
  expect(version).toMatchObject({ ApiVersion: '1.50', MinAPIVersion: '1.24', Os: 'linux', Components: expect.arrayContaining([expect.objectContaining({ Name: 'Engine' })]) })
  const info = (await api('GET', '/info')).json()
  expect(info).toMatchObject({ ID: expect.any(String), Containers: expect.any(Number), Driver: expect.any(String), Plugins: { Volume: ['local'], Network: expect.arrayContaining(['bridge', 'host', 'null']), Log: expect.arrayContaining(['json-file']) }, OSType: 'linux', Swarm: { LocalNodeState: 'inactive' }, SecurityOptions: expect.any(Array), Runtimes: expect.any(Object), NCPU: expect.any(Number), MemTotal: expect.any(Number) })
  expect((await api('HEAD', '/_ping')).headers).toMatchObject({ 'api-version': '1.50', ostype: 'linux', 'docker-experimental': 'false', 'builder-version': '1' })
  expect((await api('GET', '/system/df')).json()).toMatchObject({ LayersSize: expect.any(Number), Images: expect.any(Array), Containers: expect.any(Array), Volumes: [expect.objectContaining({ Name: 'vol', UsageData: { RefCount: 0, Size: expect.any(Number) } })], BuildCache: expect.any(Array) })
  expect(await stage.engine.ok('info', '--format', '{{.ContainersRunning}} {{.ContainersPaused}} {{.ContainersStopped}}')).toBe('1 1 0')
  expect(await stage.engine.ok('system', 'df', '--format', '{{.Type}}')).toBe('Images\nContainers\nLocal Volumes\nBuild Cache')
})

test('an attach over plain HTTP, and one over an upgrade, by version', async () => {
  await stage.engine.ok('run', '--name', 'printed', image(), 'echo', 'hi')
  const frame = Buffer.concat([Buffer.from([1, 0, 0, 0, 0, 0, 0, 3]), Buffer.from('hi\n')])
  const reply = await api('POST', '/containers/printed/attach?logs=1&stream=0&stdout=1')
  expect([reply.status, reply.headers['content-type'], reply.bytes]).toEqual([200, 'application/vnd.docker.multiplexed-stream', frame])
  expect((await api('POST', '/v1.41/containers/printed/attach?logs=1&stdout=1')).headers['content-type']).toBe('application/vnd.docker.raw-stream')
})

test('system prune leaves what is used', async () => {
  await stage.engine.ok('system', 'prune', '-af', '--volumes')
  expect((await stage.engine.ok('ps', '-a', '--format', '{{.Names}}')).split('\n').sort()).toEqual(['held', 'runs'])
  expect(await stage.engine.ok('images', '-q')).not.toBe('')
})
