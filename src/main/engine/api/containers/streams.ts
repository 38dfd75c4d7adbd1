import { EngineError } from '#shared/errors.ts'
import { parseTimestamp, parseUnixTime } from '#base/timestamps.ts'
import type { Exchange } from '../router.ts'
import { createDuplexPeer, writeTo } from '../streams/duplex-peer.ts'
import { openJsonLines } from '../streams/json-lines.ts'
import { streamType } from '../streams/stdcopy.ts'
import { parseWaitCondition } from '../../services/containers/wait.ts'
import type { ContainersApiNeeds } from './needs.ts'

/** `POST /containers/:id/attach` */
export async function attach(needs: ContainersApiNeeds, exchange: Exchange): Promise<undefined> {
  const { params, query, apiVersion } = exchange
  const stdin = query.flag('stdin')
  const request = { stdin, stdout: query.flag('stdout'), stderr: query.flag('stderr'), logs: query.flag('logs'), stream: query.flag('stream'), detachKeys: query.text('detachKeys') }
  const attachment = needs.attach(params['id'] ?? '', request)
  const peer = createDuplexPeer(exchange.hijack(streamType(attachment.tty, apiVersion)), { framed: !attachment.tty, stdin })
  try {
    await attachment.carry(peer, (bytes) => peer.writeRaw(bytes))
  } finally {
    peer.end()
  }
  return undefined
}

/** `GET /containers/:id/logs` */
export async function logs(needs: ContainersApiNeeds, exchange: Exchange): Promise<undefined> {
  const { params, query, response, signal, apiVersion } = exchange
  const { tty, pieces } = needs.logs(
    params['id'] ?? '',
    {
      stdout: query.flag('stdout'),
      stderr: query.flag('stderr'),
      follow: query.flag('follow'),
      timestamps: query.flag('timestamps'),
      details: query.flag('details'),
      tail: parseTail(query.text('tail')),
      since: parseMomentOf(query.text('since'), 'since'),
      until: parseMomentOf(query.text('until'), 'until'),
    },
    signal,
  )
  response.writeHead(200, { 'Content-Type': streamType(tty, apiVersion) })
  response.flushHeaders()
  for await (const piece of pieces) {
    if (signal.aborted) break
    await writeTo(response, piece)
  }
  response.end()
  return undefined
}

/** Anything but a number of lines means all of them. */
const parseTail = (text: string | undefined): number | undefined => (text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined)

function parseMomentOf(text: string | undefined, field: string): bigint | undefined {
  if (text === undefined || text === '' || text === '0') return undefined
  const moment = parseUnixTime(text) ?? parseTimestamp(text)
  if (moment === undefined) throw new EngineError('invalid-argument', `invalid value for "${field}": failed to parse value as time: ${text}`, { field })
  return moment
}

/** `POST /containers/:id/wait`: the headers go out at once, so that a client knows that waiting has begun before it starts the container. */
export async function wait(needs: ContainersApiNeeds, exchange: Exchange): Promise<undefined> {
  const { params, query, signal } = exchange
  const { ended } = needs.wait(params['id'] ?? '', parseWaitCondition(query.text('condition')), signal)
  const lines = openJsonLines(exchange)
  try {
    const { code, error } = await ended
    await lines.write({ StatusCode: code, ...(error === undefined ? {} : { Error: { Message: error } }) })
  } finally {
    lines.end()
  }
  return undefined
}
