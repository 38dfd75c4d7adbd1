import { expect, test } from 'vitest'
import type { ServerResponse } from 'node:http'
import type { MergedLine, MergedLogsMessage, MergedLogsRequest } from '#shared/contract/logs.ts'
import { openConnection, type Connection } from '../connection.ts'
import { startFakeEngine, stdcopyFrame, wireContainer, type FakeEngine } from '../testing/fake-engine.ts'
import { logsOf } from './log-pages.ts'
import { readMergedLogs } from './merged-logs.ts'

const nano = (second: number, nanos = 0) => `${new Date(second * 1000).toISOString().slice(0, 20)}${String(nanos).padStart(9, '0')}Z`
const toNano = (text: string | null) => (text ? BigInt(text.split('.')[0] ?? '0') * 1_000_000_000n + BigInt((text.split('.')[1] ?? '').padEnd(9, '0')) : undefined)
const timeOf = (line: string) => BigInt(Math.floor(Date.parse(line.slice(0, 20).replace(/\.$/, 'Z')) / 1000)) * 1_000_000_000n + BigInt(line.slice(20, 29))

/** As Docker serves it: `tail` counts from the end of the log, and then since and until, inclusive, are kept. */
function serveLog(engine: FakeEngine, id: string, lines: string[], more: Parameters<typeof wireContainer>[1] = {}) {
  const followers = new Set<ServerResponse>()
  engine.containers.set(id, wireContainer(id, more))
  engine.routes.set(`GET /containers/${id}/json`, () => ({ Config: { Tty: false }, State: { Status: engine.containers.get(id)?.State } }))
  engine.routes.set(`GET /containers/${id}/logs`, ({ query, response }) => {
    response.writeHead(200, { 'content-type': 'application/vnd.docker.multiplexed-stream' }).flushHeaders()
    const [since, until, tail] = [toNano(query.get('since')), toNano(query.get('until')), query.get('tail')]
    const last = tail === 'all' || tail === null ? lines : Number(tail) === 0 ? [] : lines.slice(-Number(tail))
    for (const line of last) if ((since === undefined || timeOf(line) >= since) && (until === undefined || timeOf(line) <= until)) response.write(stdcopyFrame('stdout', `${line}\n`))
    if (query.get('follow') === 'true' && engine.containers.get(id)?.State === 'running') followers.add(response)
    else response.end()
  })
  return {
    add(line: string) {
      lines.push(line)
      followers.forEach((response) => response.write(stdcopyFrame('stdout', `${line}\n`)))
    },
    end: () => followers.forEach((response) => response.end()),
    followers,
  }
}
async function connected(engine: FakeEngine): Promise<Connection> {
  const connection = openConnection({ id: 'a', name: 'A', target: { kind: 'socket', socketPath: engine.socketPath }, delays: { first: 5, limit: 20 } })
  await connection.ready(AbortSignal.timeout(10_000))
  return connection
}
const everything: MergedLogsRequest = { containers: [], projects: [], running: true, follow: true }

/** What came so far, and a wait for more of it. */
function listen(connection: Connection, request: Partial<MergedLogsRequest>) {
  const controller = new AbortController()
  const messages: MergedLogsMessage[] = []
  const lines = (): MergedLine[] => messages.flatMap((message) => (message.kind === 'lines' ? message.lines : []))
  const done = (async () => {
    for await (const message of readMergedLogs(connection, { ...everything, ...request }, controller.signal)) messages.push(message)
  })().catch((error: unknown) => controller.signal.aborted || Promise.reject(error))
  return { messages, lines, texts: () => lines().map(({ text }) => text), kinds: () => messages.map(({ kind }) => kind), done, [Symbol.asyncDispose]: async () => (controller.abort(), void (await done)) }
}

test('what two have written is one log in order of time, then what they write, and who starts later joins', async () => {
  await using engine = await startFakeEngine()
  const web = serveLog(engine, 'web', [`${nano(1)} w1`, `${nano(3)} w3`])
  const db = serveLog(engine, 'db', [`${nano(2)} d2`, `${nano(3)} d3`])
  serveLog(engine, 'off', [`${nano(1)} never`], { State: 'exited', Status: 'Exited (0)' })
  await using connection = await connected(engine)
  await using log = listen(connection, {})
  await expect.poll(log.kinds).toContain('caught-up')
  expect(log.messages[0]).toEqual({ kind: 'sources', sources: [{ id: 'db', name: 'db' }, { id: 'web', name: 'web' }] })
  expect(log.lines().map(({ source, text }) => `${source} ${text}`)).toEqual(['1 w1', '0 d2', '0 d3', '1 w3'])

  await expect.poll(() => web.followers.size + db.followers.size).toBe(2)
  web.add(`${nano(6)} w6`)
  db.add(`${nano(5)} d5`)
  await expect.poll(log.texts).toEqual(['w1', 'd2', 'd3', 'w3', 'd5', 'w6'])

  serveLog(engine, 'late', [`${nano(7)} first words`])
  engine.emit({ Type: 'container', Action: 'start', Actor: { ID: 'late' } })
  await expect.poll(() => log.lines().at(-1)).toMatchObject({ source: 2, text: 'first words' })
})

test('one that ended and is started again goes on where it was, nothing twice', async () => {
  await using engine = await startFakeEngine()
  const web = serveLog(engine, 'web', [`${nano(1)} before`])
  await using connection = await connected(engine)
  await using log = listen(connection, { running: false, containers: ['web'] })
  await expect.poll(() => web.followers.size).toBe(1)
  engine.containers.set('web', wireContainer('web', { State: 'exited', Status: 'Exited (0)' }))
  web.end()
  engine.emit({ Type: 'container', Action: 'die', Actor: { ID: 'web' } })
  await expect.poll(() => connection.mirror.container('web')?.state.status).toBe('exited')
  web.followers.clear()
  engine.containers.set('web', wireContainer('web'))
  web.add(`${nano(9)} after`)
  engine.emit({ Type: 'container', Action: 'start', Actor: { ID: 'web' } })
  await expect.poll(log.texts).toEqual(['before', 'after'])
})

test('a log that cannot be read is told, and the others go on', async () => {
  await using engine = await startFakeEngine()
  serveLog(engine, 'web', [`${nano(1)} w1`])
  serveLog(engine, 'mute', [])
  engine.routes.set('GET /containers/mute/logs', ({ response }) => void response.writeHead(501, { 'content-type': 'application/json' }).end('{"message":"configured logging driver does not support reading"}'))
  await using connection = await connected(engine)
  await using log = listen(connection, { follow: false })
  await log.done
  expect(log.texts()).toEqual(['w1'])
  expect(log.messages.at(-1)).toMatchObject({ kind: 'unreadable', source: 0 })
})

test('pages of old lines by a plain Docker engine: before and after a moment, lines of that moment included, whole at both ends', async () => {
  await using engine = await startFakeEngine()
  const count = 500
  serveLog(engine, 'web', Array.from({ length: count }, (_, index) => `${nano(1_700_000_000 + index * 40)} w${index}`))
  serveLog(engine, 'db', Array.from({ length: count }, (_, index) => `${nano(1_700_000_020 + index * 40)} d${index}`))
  await using connection = await connected(engine)
  const logs = logsOf(connection)
  const context = { signal: new AbortController().signal, progress: () => {} }
  const containers = ['db', 'web']
  const at = nano(1_700_000_000 + 400 * 40)

  const older = await logs.older({ containers, at, limit: 100 }, context)
  expect([older.lines.length, older.complete, older.lines.at(-1)?.text, older.lines.at(-2)?.text]).toEqual([100, false, 'w400', 'd399'])
  expect(older.lines.map((line) => line.at)).toEqual(older.lines.map((line) => line.at).toSorted())
  const first = await logs.older({ containers, at: nano(1_700_000_000 + 2 * 40), limit: 100 }, context)
  expect([first.lines.map(({ text }) => text), first.complete]).toEqual([['w0', 'd0', 'w1', 'd1', 'w2'], true])

  const newer = await logs.newer({ containers, at, limit: 100 }, context)
  expect([newer.lines[0]?.text, newer.lines.length, newer.complete]).toEqual(['w400', 100, false])
  expect(await logs.newer({ containers, at: nano(1_700_000_000 + 499 * 40), limit: 100 }, context)).toMatchObject({ lines: [{ text: 'w499' }, { text: 'd499' }], complete: true })
})
