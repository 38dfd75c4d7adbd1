import type { ConnectionTrial, TrialOutcome } from '#shared/contract/connections.ts'
import { isEngineError } from '#shared/errors.ts'
import { greet } from './contact.ts'
import { isKnownToSsh } from './discovery/known-hosts.ts'
import { createEngineApi } from './engine-api.ts'
import { createTransport, pinned, type HostKey, type Transport } from './transport/transport.ts'
import { certificateRefused } from './wire/tls-error.ts'

/** Says hello to an engine once. A host key that nobody has accepted yet is not an error: it is for the user to judge. */
export async function tryTarget({ target, hostKeys = {}, secrets = {} }: Omit<ConnectionTrial, 'id'>, signal: AbortSignal): Promise<TrialOutcome> {
  let refused: ({ host: string } & HostKey) | undefined
  const accepts = pinned(hostKeys)
  function acceptHostKey(host: string, key: HostKey): boolean {
    if (accepts(host, key)) return true
    refused = { host, ...key }
    return false
  }
  await using transport = createTransport(target, { secrets: async () => secrets, acceptHostKey })
  try {
    const { facts } = await greet(createEngineApi(transport), signal)
    return { kind: 'ready', facts }
  } catch (error) {
    if (!refused) throw target.kind === 'tcp' && target.tls && (await isHungUp(error, transport)) ? certificateRefused(error) : error
    const { host, type, fingerprint } = refused
    const accepted = hostKeys[host]
    return { kind: 'host-key', host, keyType: type, fingerprint, ...(accepted !== undefined && { accepted }), knownToSsh: await isKnownToSsh(host, fingerprint) }
  }
}

/** Whether the engine hangs up on whoever has just shown his certificate. Not every TLS server says why; those of Node do not. */
async function isHungUp(error: unknown, transport: Transport): Promise<boolean> {
  if (!isEngineError(error) || error.reason !== 'engine-unreachable') return false
  return await transport.open().then((socket) => (socket.destroy(), true), () => false)
}
