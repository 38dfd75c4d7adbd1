import { expect, test } from 'vitest'
import type { ServerResponse } from 'node:http'
import type { LogsMessage } from '#shared/contract/streams.ts'
import { openConnection } from './connection.ts'
import { readLogs } from './logs.ts'
import { startFakeEngine, stdcopyFrame, type FakeEngine } from './testing/fake-engine.ts'

const stamp = (index: number) => `2026-01-01T00:00:${String(index).padStart(2, '0')}.000000001Z`

/** A log that is served as Docker serves it: since is inclusive, tail counts from the end. */
function serveLog(engine: FakeEngine, lines: string[]) {
  const followers: ServerResponse[] = []
  const followed = Promise.withResolvers<void>()
  engine.routes.set('GET /containers/web/json', () => ({ Config: { Tty: false }, State: { Status: 'running' } }))
  engine.routes.set('GET /containers/web/logs', ({ query, response }) => {
    response.writeHead(200, { 'content-type': 'application/vnd.docker.multiplexed-stream' })
    response.flushHeaders()
    const since = Number(query.get('since') ?? 0)
    const tail = query.get('tail') === 'all' ? Infinity : Number(query.get('tail'))
    const wanted = lines.filter((line) => Date.parse(line.slice(0, 23) + 'Z') / 1000 + 1e-9 >= since - 1e-6)
    for (const line of tail === 0 ? [] : wanted.slice(-tail)) response.write(stdcopyFrame('stdout', `${line}\n`))
    if (query.get('follow') !== 'true') return void response.end()
    followers.push(response)
    followed.resolve()
  })
  return {
    add(line: string) {
      lines.push(line)
      followers.forEach((response) => response.write(stdcopyFrame('stdout', `${line}\n`)))
    },
    followers,
    /** Somebody follows. */
    followed: followed.promise,
  }
}

async function collect(stream: AsyncIterable<LogsMessage>, until: (texts: string[], kinds: string[]) => boolean, each: (texts: string[], kinds: string[]) => unknown = () => {}) {
  const texts: string[] = []
  const kinds: string[] = []
  for await (const message of stream) {
    if (message.kind === 'lines') texts.push(...message.lines.map(({ text }) => text))
    else kinds.push(message.kind)
    if (until(texts, kinds)) break
    await each(texts, kinds)
  }
  return { texts, kinds }
}
const connect = (engine: FakeEngine) => openConnection({ id: 'a', name: 'A', target: { kind: 'socket', socketPath: engine.socketPath }, delays: { first: 5, limit: 20 } })

test('old lines, then new ones, none twice although several have the same time', async () => {
  await using engine = await startFakeEngine()
  await using connection = connect(engine)
  const log = serveLog(engine, [`${stamp(1)} one`, `${stamp(2)} two`, `${stamp(2)} two again`])
  const added: string[] = []
  const { texts, kinds } = await collect(
    readLogs(connection, { id: 'web', follow: true }, new AbortController().signal),
    (texts) => texts.length === 5,
    async (_, kinds) => {
      if (kinds.includes('caught-up') && added.length === 0) {
        added.push('x')
        log.add(`${stamp(2)} two once more`)
        log.add(`${stamp(3)} three`)
      }
    },
  )
  expect(texts).toEqual(['one', 'two', 'two again', 'two once more', 'three'])
  expect(kinds).toEqual(['caught-up'])
})

test('the log has no hole and no double when the engine dies and comes back', async () => {
  await using engine = await startFakeEngine()
  await using connection = connect(engine)
  await connection.ready(new AbortController().signal)
  const lines = [`${stamp(1)} one`]
  const log = serveLog(engine, lines)
  let killed: Promise<void> | undefined
  setTimeout(() => log.add(`${stamp(2)} two`), 20)
  const { texts, kinds } = await collect(
    readLogs(connection, { id: 'web', follow: true }, new AbortController().signal),
    (texts) => texts.includes('four'),
    async (texts, kinds) => {
      if (texts.includes('two') && !killed) {
        killed = engine.die()
      }
      if (kinds.at(-1) === 'interrupted') {
        await killed
        lines.push(`${stamp(3)} three`, `${stamp(4)} four`)
        await engine.comeBack()
      }
    },
  )
  expect(texts).toEqual(['one', 'two', 'three', 'four'])
  expect(kinds).toEqual(['caught-up', 'interrupted', 'resumed'])
})

test('tail 0 means from here on; a log that ends is done', async () => {
  await using engine = await startFakeEngine()
  await using connection = connect(engine)
  const log = serveLog(engine, [`${stamp(1)} one`])
  engine.routes.set('GET /containers/web/json', () => ({ Config: { Tty: false }, State: { Status: 'exited' } }))
  void log.followed.then(() => {
    log.add(`${stamp(2)} two`)
    log.followers.forEach((response) => response.end())
  })
  const { texts } = await collect(readLogs(connection, { id: 'web', follow: true, tail: 0 }, new AbortController().signal), () => false)
  expect(texts).toEqual(['two'])
})

test('leaving ends the request', async () => {
  await using engine = await startFakeEngine()
  await using connection = connect(engine)
  serveLog(engine, [])
  const controller = new AbortController()
  setTimeout(() => controller.abort(), 30)
  await expect(collect(readLogs(connection, { id: 'web', follow: true }, controller.signal), () => false)).rejects.toMatchObject({ code: 'cancelled' })
})
