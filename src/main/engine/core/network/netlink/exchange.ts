import { EngineError } from '#shared/errors.ts'
import { fromErrno } from '#base/system-error.ts'
import type { Syscalls } from '../../host/host.ts'
import { decodeMessages, encodeMessages, failureOf, type NetlinkFailure, type NetlinkMessage, type NetlinkReply } from './message.ts'

export type NetlinkSyscall = Pick<Syscalls, 'netlink'>

/** A question to one of the kernel's netlink families. `about` says in an error what was being done. */
export interface Exchange {
  /** Path of a network namespace; undefined is the engine's own. */
  namespace: string | undefined
  protocol: 'route' | 'netfilter'
  messages: readonly NetlinkMessage[]
  about: string
}

const PROTOCOL = { route: 0, netfilter: 12 } as const

/** Sends all messages in one datagram. The kernel carries out each one even after another failed; failures are in the result. */
export async function tryExchange(syscalls: NetlinkSyscall, exchange: Exchange): Promise<{ replies: NetlinkReply[]; failures: NetlinkFailure[] }> {
  const replies = decodeMessages(await syscalls.netlink(exchange.namespace, PROTOCOL[exchange.protocol], encodeMessages(exchange.messages)))
  return { replies, failures: replies.map(failureOf).filter((failure) => failure !== undefined) }
}

/** As {@link tryExchange}, but any failure is thrown. @throws EngineError with the errno's name in `reason`. */
export async function exchange(syscalls: NetlinkSyscall, request: Exchange): Promise<NetlinkReply[]> {
  const { replies, failures } = await tryExchange(syscalls, request)
  if (failures[0]) throw asError(failures[0], request.about)
  return replies
}

export function asError(failure: NetlinkFailure, about: string): EngineError {
  const plain = fromErrno(failure.errno, about)
  return failure.detail === undefined ? plain : new EngineError(plain.code, `${about}: ${failure.detail}`, { reason: plain.reason })
}
