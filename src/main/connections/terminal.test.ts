import type { Duplex } from 'node:stream'
import { expect, test } from 'vitest'
import type { TerminalInput, TerminalMessage } from '#shared/contract/streams.ts'
import { openConnection } from './connection.ts'
import { attachTerminal, execTerminal, type TerminalContext } from './terminal.ts'
import { startFakeEngine, stdcopyFrame, type FakeEngine } from './testing/fake-engine.ts'

const connect = (engine: FakeEngine) => openConnection({ id: 'a', name: 'A', target: { kind: 'socket', socketPath: engine.socketPath }, delays: { first: 5, limit: 20 } })

/** What a page would type, when it likes. */
function keyboard() {
  const typed: TerminalInput[] = []
  let news = Promise.withResolvers<void>()
  async function* input(): AsyncGenerator<TerminalInput> {
    for (;;) {
      const next = typed.shift()
      if (next) yield next
      else await news.promise.then(() => (news = Promise.withResolvers()))
    }
  }
  const type = (message: TerminalInput) => {
    typed.push(message)
    news.resolve()
  }
  return { type, context: (signal = new AbortController().signal): TerminalContext => ({ signal, input: input() }) }
}

/** Execs by the program they start; a program that is not there ends as runc's would. */
function serveExecs(engine: FakeEngine, programs: Record<string, (socket: Duplex) => void>) {
  const started: string[][] = []
  const codes = new Map<string, number>()
  engine.routes.set('POST /containers/web/exec', ({ body }) => ({ Id: `e${started.push((JSON.parse(body) as { Cmd: string[] }).Cmd) - 1}` }))
  engine.routes.set('POST /exec/*/resize', ({ response }) => void response.writeHead(200).end())
  engine.routes.set('GET /exec/*/json', ({ params }) => ({ ExitCode: codes.get(params[0]!) ?? 0 }))
  engine.upgrade = (path, socket) => {
    const id = path.split('/')[2]!
    const program = programs[started[Number(id.slice(1))]![0]!]
    if (program) return program(socket)
    codes.set(id, 127)
    socket.end('OCI runtime exec failed: exec failed: unable to start container process: exec: "/bin/sh": stat /bin/sh: no such file or directory: unknown\r\n')
  }
  return started
}

async function collect(stream: AsyncIterable<TerminalMessage>, each: (message: TerminalMessage) => unknown = () => {}): Promise<TerminalMessage[]> {
  const messages: TerminalMessage[] = []
  for await (const message of stream) {
    messages.push(message)
    await each(message)
  }
  return messages
}
const outputOf = (messages: TerminalMessage[]) => messages.flatMap((message) => (message.kind === 'output' ? [message.text] : [])).join('')
const size = { columns: 80, rows: 24 }

test('what is typed goes to the shell, what it writes comes back, and its end is told', async () => {
  await using engine = await startFakeEngine()
  await using connection = connect(engine)
  serveExecs(engine, { '/bin/sh': (socket) => socket.on('data', (bytes) => socket.end(`you said ${String(bytes)}`)) })
  const keys = keyboard()
  const messages = await collect(execTerminal(connection, { id: 'web', ...size }, keys.context()), (message) => {
    if (message.kind === 'opened') keys.type({ kind: 'input', text: 'héllo' })
  })
  expect(messages[0]).toMatchObject({ kind: 'opened', tty: true })
  expect(outputOf(messages)).toBe('you said héllo')
  expect(messages.at(-1)).toEqual({ kind: 'exited', code: 0 })
})

test('tries the next shell when one is not there, without showing why', async () => {
  await using engine = await startFakeEngine()
  await using connection = connect(engine)
  const started = serveExecs(engine, { '/busybox/sh': (socket) => socket.end('$ ') })
  const messages = await collect(execTerminal(connection, { id: 'web', ...size }, keyboard().context()))
  expect(started.map(([program]) => program)).toEqual(['/bin/sh', '/bin/bash', '/busybox/sh'])
  expect(outputOf(messages)).toBe('$ ')
})

test('an image without any shell is told with what it said', async () => {
  await using engine = await startFakeEngine()
  await using connection = connect(engine)
  serveExecs(engine, {})
  const messages = await collect(execTerminal(connection, { id: 'web', ...size }, keyboard().context()))
  expect(outputOf(messages)).toContain('no such file or directory')
  expect(messages.at(-1)).toEqual({ kind: 'exited', code: 127 })
})

test('a resize reaches the engine', async () => {
  await using engine = await startFakeEngine()
  await using connection = connect(engine)
  let shell: Duplex | undefined
  serveExecs(engine, { top: (socket) => void (shell = socket) })
  const resized = Promise.withResolvers<void>()
  engine.routes.set('POST /exec/*/resize', ({ query, response }) => {
    response.writeHead(200).end()
    if (query.get('w') === '132') resized.resolve()
  })
  const keys = keyboard()
  const done = collect(execTerminal(connection, { id: 'web', command: ['top'], ...size }, keys.context()), ({ kind }) => {
    if (kind === 'opened') keys.type({ kind: 'resize', columns: 132, rows: 40 })
  })
  await resized.promise
  shell!.end()
  expect((await done).at(-1)).toMatchObject({ kind: 'exited' })
})

test('leaving hangs up', async () => {
  await using engine = await startFakeEngine()
  await using connection = connect(engine)
  const hungUp = Promise.withResolvers<void>()
  serveExecs(engine, { top: (socket) => void socket.on('end', hungUp.resolve).on('error', () => {}).resume() })
  const controller = new AbortController()
  const done = collect(execTerminal(connection, { id: 'web', command: ['top'], ...size }, keyboard().context(controller.signal)), () => controller.abort())
  await expect(done).rejects.toMatchObject({ code: 'cancelled' })
  await hungUp.promise
})

test('attach is joined again when the engine comes back, and what is typed reaches the new connection', async () => {
  await using engine = await startFakeEngine()
  await using connection = connect(engine)
  await connection.ready(new AbortController().signal)
  const state = { Status: 'running', ExitCode: 0 }
  engine.routes.set('GET /containers/web/json', () => ({ Config: { Tty: false, OpenStdin: true }, State: state }))
  const sockets: Duplex[] = []
  engine.upgrade = (_path, socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    socket.write(stdcopyFrame(sockets.length === 1 ? 'stdout' : 'stderr', `hello ${sockets.length}`))
    socket.on('data', (bytes) => {
      Object.assign(state, { Status: 'exited', ExitCode: 3 })
      socket.end(stdcopyFrame('stdout', ` ${String(bytes)}`))
    })
  }
  const keys = keyboard()
  const messages = await collect(attachTerminal(connection, { id: 'web', ...size }, keys.context()), async (message) => {
    if (message.kind === 'output' && message.text === 'hello 1') {
      sockets[0]!.destroy()
      await engine.die()
    }
    if (message.kind === 'interrupted') await engine.comeBack()
    if (message.kind === 'resumed') keys.type({ kind: 'input', text: 'bye' })
  })
  expect(messages.map(({ kind }) => kind)).toEqual(['opened', 'output', 'interrupted', 'resumed', 'output', 'output', 'exited'])
  expect(outputOf(messages)).toBe('hello 1hello 2 bye')
  expect(messages.at(-1)).toEqual({ kind: 'exited', code: 3 })
})
