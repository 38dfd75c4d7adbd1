import { afterAll, beforeAll, expect, test } from 'vitest'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ContainerSettings } from '#shared/contract/container-settings.ts'
import type { EditRequest } from '#shared/contract/edit.ts'
import type { ProgressStep } from '#shared/contract/events.ts'
import { openConnection, type Connection } from '../../src/main/connections/connection.ts'
import { createEdits } from '../../src/main/connections/edit/edits.ts'
import type { EditRecord } from '../../src/main/connections/edit/journal.ts'
import { openJournal } from '../../src/main/connections/journal.ts'
import { freePort } from '../fixtures/registry.ts'
import { setStage, type Stage } from '../fixtures/stage.ts'

/** Edits of containers on a real engine, each held against what the docker client says before and after. */
const lifetime = new AsyncDisposableStack()
let stage: Stage
let connection: Connection
let docker: (...args: string[]) => Promise<string>
const never = new AbortController().signal

beforeAll(async () => {
  stage = lifetime.use(await setStage())
  docker = (...args) => stage.engine.ok(...args)
  connection = lifetime.use(openConnection({ id: 'here', name: 'Here', target: { kind: 'socket', socketPath: stage.engine.socket } }))
  await connection.ready(AbortSignal.timeout(20_000))
  await docker('network', 'create', '--subnet', '10.77.0.0/24', 'front')
  await docker('network', 'create', 'back')
})
afterAll(() => lifetime.disposeAsync())

const edits = () => createEdits(openJournal<EditRecord>(join(stage.folder, 'edits')), { settle: 500, healthy: 10_000 })

async function edit(name: string, change: Partial<ContainerSettings>, more: Partial<EditRequest> = {}) {
  const calls = edits().of(connection)
  const steps: string[] = []
  const operation = { signal: never, progress: (step: ProgressStep) => void (step.kind === 'phase' && steps.push(step.phase)) }
  const { id, revision, settings } = await calls.editable({ id: name }, operation)
  const done = await calls.edit({ id, revision, settings: { ...settings, ...change }, ...more }, operation).catch((error: unknown) => error)
  return { done, steps, settings }
}
const inspected = async (name: string, format: string) => (await docker('inspect', '-f', format, name)).trim()

/** Everything about it that a recreate must not change, and everything that a rollback must bring back. */
async function pictureOf(name: string): Promise<unknown> {
  const [wire] = JSON.parse(await docker('inspect', name)) as [{ Id: string; Name: string; Config: object; HostConfig: object; Mounts: unknown[]; State: { Status: string }; NetworkSettings: { Networks: Record<string, { Aliases: unknown; IPAMConfig: unknown }> } }]
  return { id: wire.Id, name: wire.Name, config: wire.Config, host: wire.HostConfig, mounts: (wire.Mounts as { Destination: string }[]).toSorted((a, b) => (a.Destination < b.Destination ? -1 : 1)), status: wire.State.Status, networks: Object.fromEntries(Object.entries(wire.NetworkSettings.Networks).map(([network, { Aliases, IPAMConfig }]) => [network, { Aliases, IPAMConfig }])) }
}
const everything = async () => (await Promise.all([docker('ps', '-aq', '--no-trunc'), docker('volume', 'ls', '-q'), docker('images', '-q', '--no-trunc')])).map((text) => text.split('\n').filter(Boolean).toSorted())

test('environment, port and mount change by a recreate; data, networks, aliases, address, labels stay', async () => {
  const [before, after] = [await freePort(), await freePort()]
  const folder = join(stage.folder, 'site')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'hello'), 'from the host')
  await docker('run', '-d', '--name', 'web', '--network', 'front', '--ip', '10.77.0.9', '--network-alias', 'www', '-p', `${before}:8080`, '-v', 'named:/named', '-v', '/anonymous', '-e', 'MODE=fast', '-l', 'com.docker.compose.project=shop', '-l', 'com.docker.compose.service=web', '--restart', 'unless-stopped', '--stop-timeout', '1', '--sysctl', 'net.core.somaxconn=99', '--ulimit', 'nofile=512:512', `${stage.web}:1.0`)
  await docker('network', 'connect', '--alias', 'api', 'back', 'web')
  await docker('exec', 'web', 'sh', '-c', 'echo kept > /named/file; echo kept too > /anonymous/file; echo lost > /tmp/file')
  const id = await inspected('web', '{{.Id}}')

  const { done, steps, settings } = await edit('web', {})
  expect(done).toMatchObject({ how: 'nothing' })
  expect(steps).toEqual([])
  const changed = await edit('web', {
    environment: [...settings.environment.filter((line) => !line.startsWith('MODE=')), 'MODE=slow'],
    ports: [{ containerPort: 8080, protocol: 'tcp', hostPort: after }],
    mounts: [...settings.mounts, { kind: 'bind', source: folder, target: '/site', readOnly: true }],
  })
  expect(changed.done).toMatchObject({ name: 'web', how: 'recreate' })
  expect(changed.steps).toEqual(['checking', 'creating', 'stopping', 'starting', 'waiting', 'swapping', 'removing'])
  expect(await inspected('web', '{{.Id}}')).not.toBe(id)
  expect(await docker('exec', 'web', 'sh', '-c', 'echo $MODE; cat /named/file /anonymous/file /site/hello; test -e /tmp/file || echo gone; ulimit -n; cat /proc/sys/net/core/somaxconn')).toBe('slow\nkept\nkept too\nfrom the hostgone\n512\n99')
  expect(await (await fetch(`http://127.0.0.1:${after}/`)).text()).toContain('web 1.0')
  expect(await inspected('web', '{{.HostConfig.RestartPolicy.Name}} {{index .Config.Labels "com.docker.compose.service"}} {{.NetworkSettings.Networks.front.IPAddress}} {{.NetworkSettings.Networks.front.Aliases}} {{.NetworkSettings.Networks.back.Aliases}}')).toMatch(/^unless-stopped web 10\.77\.0\.9 \[www\] \[api\]$/)
  expect(await docker('ps', '-a', '--format', '{{.Names}}')).toBe('web')
})

test.each([
  ['ends at once', { entrypoint: ['sh', '-c', 'echo boom; exit 3'] }, 'ended-at-once', /boom/],
  ['cannot be executed', { entrypoint: ['/no/such/program'] }, undefined, /no such file|not found/i],
  ['is unhealthy', { healthCheck: { kind: 'command' as const, test: ['CMD-SHELL', 'echo sick; exit 1'], interval: 0.2, retries: 1 } }, 'not-healthy', /sick/],
  ['wants a folder that is not there', { mounts: [{ kind: 'bind' as const, source: '/no/such/folder', target: '/x' }] }, undefined, /no such|does not exist/i],
])('a successor that %s gives the place back: same id, name, state, networks, and nothing more or less', async (_, change, reason, message) => {
  const [before, all] = [await pictureOf('web'), await everything()]
  const { done } = await edit('web', change)
  expect(done).toBeInstanceOf(Error)
  if (reason) expect(done).toMatchObject({ reason })
  expect((done as Error).message).toMatch(message)
  expect(await pictureOf('web')).toEqual(before)
  expect(await everything()).toEqual(all)
  expect(await docker('exec', 'web', 'cat', '/named/file', '/anonymous/file')).toBe('kept\nkept too')
})

test('what was written inside is kept on request, in an image of its own', async () => {
  await docker('exec', 'web', 'sh', '-c', 'echo precious > /root/file')
  const { done } = await edit('web', { user: '0' }, { keepChanges: true })
  expect(done).toMatchObject({ how: 'recreate' })
  expect(await docker('exec', 'web', 'cat', '/root/file', '/named/file')).toBe('precious\nkept')
  expect(await inspected('web', '{{.Config.Image}}')).toMatch(/^web-kept:\d{14}$/)
})

test('name, network, limits and ports change while it runs, and a healthy successor takes the place', async () => {
  const port = await freePort()
  const before = await inspected('web', '{{.Id}} {{.State.Pid}}')
  const { settings } = await edit('web', {})
  const abilities = await edits().of(connection).planEdit({ id: 'web', revision: '', settings: { ...settings, ports: [] } }, { signal: never, progress: () => {} })
  const live = await edit('web', { name: 'shop', restart: { policy: 'no' }, limits: { memoryBytes: 64 << 20, pids: 50 }, networks: settings.networks.filter(({ network }) => network !== 'back'), ...(abilities.how === 'live' && { ports: [{ containerPort: 8080, protocol: 'tcp' as const, hostPort: port }] }) })
  expect(live.done).toMatchObject({ name: 'shop', how: 'live' })
  expect(await inspected('shop', '{{.Id}} {{.State.Pid}}')).toBe(before)
  expect(await inspected('shop', '{{.HostConfig.RestartPolicy.Name}} {{.HostConfig.Memory}} {{len .NetworkSettings.Networks}}')).toBe(`no ${64 << 20} 1`)
  if (abilities.how === 'live') expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toContain('web 1.0')
  const healthy = await edit('shop', { healthCheck: { kind: 'command', test: ['CMD-SHELL', 'true'], interval: 0.2 } })
  expect(healthy.done).toMatchObject({ how: 'recreate' })
  expect(await inspected('shop', '{{.State.Health.Status}}')).toBe('healthy')
})

test('an app that died with the old one stopped and the new one half there: the next contact puts it back', async () => {
  const [before, all] = [await pictureOf('shop'), await everything()]
  const journal = openJournal<EditRecord>(join(stage.folder, 'edits'))
  const id = await inspected('shop', '{{.Id}}')
  await journal.write({ id, engine: JSON.stringify(connection.summary().target), kind: 'recreate', name: 'shop', successorName: 'shop-next-1', retiredName: 'shop-before-1', finalName: 'shop', wasRunning: true, volumes: [], restart: { Name: 'no', MaximumRetryCount: 0 }, replaced: false })
  await docker('create', '--name', 'shop-next-1', '-v', '/other', `${stage.web}:1.0`)
  await docker('stop', '-t', '1', 'shop')
  await docker('rename', 'shop', 'shop-before-1')
  expect(await edits().recover(connection)).toEqual(['shop'])
  expect(await pictureOf('shop')).toEqual(before)
  expect(await everything()).toEqual(all)
  expect(await journal.all()).toEqual([])
})
