import { expect, test } from 'vitest'
import type { ContainerNotice } from '#shared/contract/notices.ts'
import { openConnection } from '../../connections/connection.ts'
import { startFakeEngine, stdcopyFrame, wireContainer, type FakeEngine } from '../../connections/testing/fake-engine.ts'
import { noticeText } from './notice-words.ts'
import { watchContainers } from './watch-containers.ts'

/** A container as the engine has it; `become` changes it and says so. */
function serveContainer(engine: FakeEngine, id: string) {
  let state = { ExitCode: 0, OOMKilled: false }
  engine.containers.set(id, wireContainer(id))
  engine.routes.set(`GET /containers/${id}/json`, () => ({ Config: { Tty: false }, State: state }))
  engine.routes.set(`GET /containers/${id}/logs`, ({ response }) => void response.writeHead(200, { 'content-type': 'application/vnd.docker.multiplexed-stream' }).end(stdcopyFrame('stderr', '2026-01-01T00:00:00.000000001Z \x1b[31mpanic\x1b[0m: no disk\n')))
  return {
    become(more: Partial<ReturnType<typeof wireContainer>>, exit: Partial<typeof state> = {}, action = 'die') {
      state = { ...state, ...exit }
      engine.containers.set(id, wireContainer(id, more))
      engine.emit({ Type: 'container', Action: action, Actor: { ID: id } })
    },
  }
}

test('a crash is told with its code and last words, once in a while; an end that was asked for is not', async () => {
  await using engine = await startFakeEngine()
  const [web, db, job] = [serveContainer(engine, 'web'), serveContainer(engine, 'db'), serveContainer(engine, 'job')]
  await using connection = openConnection({ id: 'a', name: 'A', target: { kind: 'socket', socketPath: engine.socketPath } })
  await connection.ready(AbortSignal.timeout(10_000))
  const told: ContainerNotice[] = []
  let now = 0
  const stop = watchContainers(connection, (notice) => told.push(notice), () => now)
  const settled = (id: string, status: string) => expect.poll(() => connection.mirror.container(id)?.state.status).toBe(status)

  for (const [container, code, id] of [[db, 143, 'db'], [job, 0, 'job']] as const) {
    container.become({ State: 'exited', Status: `Exited (${code}) 1 second ago` }, { ExitCode: code })
    await settled(id, 'exited')
  }
  web.become({ State: 'exited', Status: 'Exited (3) 1 second ago' }, { ExitCode: 3 })
  await expect.poll(() => told).toEqual([{ kind: 'crash', container: { id: 'web', name: 'web' }, code: 3, outOfMemory: false, lines: ['\x1b[31mpanic\x1b[0m: no disk'] }])

  const crashAgain = async () => {
    web.become({}, {}, 'start')
    await settled('web', 'running')
    web.become({ State: 'exited', Status: 'Exited (137) 1 second ago' }, { ExitCode: 137, OOMKilled: true })
    await settled('web', 'exited')
  }
  await crashAgain()
  now += 61_000
  await crashAgain()
  await expect.poll(() => told.length).toBe(2)
  expect(told[1]).toMatchObject({ code: 137, outOfMemory: true })
  stop()
})

test('one that crashes over and over is told once, until it has run for a while', async () => {
  await using engine = await startFakeEngine()
  const web = serveContainer(engine, 'web')
  await using connection = openConnection({ id: 'a', name: 'A', target: { kind: 'socket', socketPath: engine.socketPath } })
  await connection.ready(AbortSignal.timeout(10_000))
  const told: (number | undefined)[] = []
  let now = 0
  const stop = watchContainers(connection, ({ code }) => told.push(code), () => now)
  const settled = (status: string) => expect.poll(() => connection.mirror.container('web')?.state.status).toBe(status)
  for (const [after, code] of [[0, 1], [70_000, 2], [70_000, 3], [70_000, 4], [160_000, 5]] as const) {
    now += after
    web.become({}, {}, 'start')
    await settled('running')
    web.become({ State: 'restarting', Status: `Restarting (${code}) 1 second ago` }, { ExitCode: code })
    await settled('restarting')
    // It has been looked into before it goes on.
    await expect.poll(() => engine.asked.filter((each) => each.startsWith('GET /containers/web/json')).length).toBe(code)
  }
  await expect.poll(() => told).toEqual([1, 5])
  stop()
})

test('a container that was stopped or killed has not crashed, whatever it then ends with; one that was told something and then ends has', async () => {
  await using engine = await startFakeEngine()
  const [stopped, told, restarted] = [serveContainer(engine, 'stopped'), serveContainer(engine, 'told'), serveContainer(engine, 'restarted')]
  await using connection = openConnection({ id: 'a', name: 'A', target: { kind: 'socket', socketPath: engine.socketPath } })
  await connection.ready(AbortSignal.timeout(10_000))
  const news: ContainerNotice[] = []
  const stop = watchContainers(connection, (notice) => news.push(notice))
  const signalled = (id: string, signal: string) => engine.emit({ Type: 'container', Action: 'kill', Actor: { ID: id, Attributes: { signal } } })
  const end = (container: typeof stopped) => container.become({ State: 'exited', Status: 'Exited (1) 1 second ago' }, { ExitCode: 1 })
  const ended = (id: string) => expect.poll(() => connection.mirror.container(id)?.state.status).toBe('exited')

  signalled('stopped', '15')
  end(stopped)
  signalled('restarted', '9')
  end(restarted)
  await Promise.all([ended('stopped'), ended('restarted')])
  expect(connection.mirror.container('stopped')?.state).toMatchObject({ code: 1, asked: true })
  restarted.become({}, {}, 'start')
  await expect.poll(() => connection.mirror.container('restarted')?.state.status).toBe('running')
  end(restarted)
  signalled('told', '1')
  end(told)
  await expect.poll(() => news.map(({ container }) => container.name).sort()).toEqual(['restarted', 'told'])
  stop()
})

test('unhealthy is told when it turns so, and not at the first look', async () => {
  await using engine = await startFakeEngine()
  const web = serveContainer(engine, 'web')
  serveContainer(engine, 'ill')
  engine.containers.set('ill', wireContainer('ill', { Status: 'Up 2 hours (unhealthy)' }))
  await using connection = openConnection({ id: 'a', name: 'A', target: { kind: 'socket', socketPath: engine.socketPath } })
  await connection.ready(AbortSignal.timeout(10_000))
  const told: ContainerNotice[] = []
  const stop = watchContainers(connection, (notice) => told.push(notice))
  web.become({ Status: 'Up 2 hours (unhealthy)' }, {}, 'health_status: unhealthy')
  await expect.poll(() => told.map(({ kind, container }) => `${kind} ${container.name}`)).toEqual(['unhealthy web'])
  stop()
})

test('on the desktop: what happened to whom, and its last words without control characters', () => {
  const notice: ContainerNotice = { kind: 'crash', container: { id: 'x', name: 'web' }, code: 3, lines: ['', '\x1b[31mpanic\x1b[0m: \x1b]52;c;aGk=\x07no disk', 'bye\x07'] }
  expect(noticeText(notice, 'en')).toEqual({ title: 'web crashed (exit code 3)', body: 'panic: no disk\nbye' })
  expect(noticeText({ ...notice, outOfMemory: true }, 'fr').title).toBe('web a manqué de mémoire')
})
