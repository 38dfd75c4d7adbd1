import { EngineError } from '#shared/errors.ts'
import { errorReply, type ErrorBody } from '../errors.ts'
import { empty, json, type Exchange, type Reply, type Route } from '../router.ts'
import { createDuplexPeer } from '../streams/duplex-peer.ts'
import { shaped } from '../streams/fields.ts'
import { streamType } from '../streams/stdcopy.ts'
import type { ExecApiNeeds } from './needs.ts'
import { consoleSizeOf, execJson, parseExecBody, START, type ExecCreateBody, type ExecStartBody } from './wire.ts'

export function execRoutes(needs: ExecApiNeeds): Route[] {
  const idOf = ({ params }: Exchange) => params['id'] ?? ''
  return [
    { method: 'POST', path: '/containers/*id/exec', handle: async (exchange) => json({ Id: needs.createExec(idOf(exchange), parseExecBody(await exchange.json<ExecCreateBody>())) }, 201) },
    { method: 'GET', path: '/exec/:id/json', handle: (exchange) => json(execJson(needs.getExec(idOf(exchange)))) },
    { method: 'POST', path: '/exec/:id/start', handle: (exchange) => start(needs, idOf(exchange), exchange) },
    { method: 'POST', path: '/exec/:id/resize', handle: (exchange) => resize(needs, idOf(exchange), exchange) },
  ]
}

async function start(needs: ExecApiNeeds, id: string, exchange: Exchange): Promise<Reply | undefined> {
  const body = shaped(START, await exchange.json<ExecStartBody>())
  const { stdin } = needs.getExec(id).config
  const begun = needs.beginExec(id, consoleSizeOf(body.ConsoleSize))
  if (body.Detach) {
    await begun.detached()
    return empty(200)
  }
  /* As with Docker, the one who starts it says how it reads the answer, whatever the exec was made with. */
  const raw = body.Tty ?? false
  const peer = createDuplexPeer(exchange.hijack(streamType(raw, exchange.apiVersion)), { framed: !raw, stdin })
  try {
    await begun.attached(peer)
  } catch (error) {
    // The connection is a raw stream already; the client learns the exit code by inspect.
    await peer.write('stdout', Buffer.from(`${(errorReply(error).body as ErrorBody).message}\r\n`))
  } finally {
    peer.end()
  }
  return undefined
}

async function resize(needs: ExecApiNeeds, id: string, { query }: Exchange): Promise<Reply> {
  const [rows, columns] = [query.integer('h'), query.integer('w')]
  if (rows === undefined || columns === undefined || rows < 0 || columns < 0) throw new EngineError('invalid-argument', 'invalid resize height or width')
  await needs.resizeExec(id, { rows, columns })
  return empty(200)
}
