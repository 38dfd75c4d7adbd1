import { request } from 'node:http'
import { isIPv6 } from 'node:net'
import { EngineError } from '#shared/errors.ts'
import type { ForwardRule, PortForwarder } from '../host.ts'

/** https://github.com/rootless-containers/rootlesskit/blob/master/pkg/api/openapi.yaml */
interface PortSpec {
  proto: string
  parentIP: string
  parentPort: number
  childIP?: string
  childPort: number
}
interface PortStatus {
  id: number
  spec: PortSpec
}

/** Published ports by RootlessKit's builtin driver: it listens outside and dials inside, and goes on when the engine is gone. */
export function createPortForwarder(apiSocket: string): PortForwarder {
  return {
    async add(rule) {
      const { status, text } = await call(apiSocket, 'POST', '/v1/ports', encodeRule(rule))
      if (status === 201) return (JSON.parse(text) as PortStatus).id
      throw refusal(rule, text)
    },
    async remove(id) {
      const { status, text } = await call(apiSocket, 'DELETE', `/v1/ports/${id}`)
      if (status !== 200) throw new EngineError('not-found', `RootlessKit could not remove port ${id}: ${messageIn(text)}`, { reason: 'port-missing' })
    },
    async list() {
      const { status, text } = await call(apiSocket, 'GET', '/v1/ports')
      if (status !== 200) throw new EngineError('unavailable', `RootlessKit could not list ports: ${messageIn(text)}`)
      return ((JSON.parse(text) as PortStatus[] | null) ?? []).map(decodeStatus)
    },
  }
}

/** `tcp4` and `tcp6` are said, because plain `tcp` on 0.0.0.0 listens on IPv6 as well: https://github.com/rootless-containers/rootlesskit/blob/master/docs/port.md */
function encodeRule(rule: ForwardRule): PortSpec {
  return { proto: `${rule.protocol}${isIPv6(rule.hostIp) ? '6' : '4'}`, parentIP: rule.hostIp, parentPort: rule.hostPort, childIP: rule.childIp, childPort: rule.childPort }
}

function decodeStatus({ id, spec }: PortStatus): ForwardRule & { id: number } {
  const protocol = spec.proto.startsWith('udp') ? 'udp' : 'tcp'
  return { id, protocol, hostIp: spec.parentIP, hostPort: spec.parentPort, childIp: spec.childIP ?? '', childPort: spec.childPort }
}

function refusal(rule: ForwardRule, text: string): EngineError {
  const said = messageIn(text)
  const where = `${isIPv6(rule.hostIp) ? `[${rule.hostIp}]` : rule.hostIp}:${rule.hostPort}`
  if (/address already in use|conflict with/i.test(said)) return new EngineError('already-exists', `Bind for ${where} failed: port is already allocated`, { reason: 'port-allocated', hint: 'Choose another host port, or end the program that uses it.' })
  if (/permission denied|privileged port/i.test(said)) {
    const hint = `Choose a port above 1023, or run: echo net.ipv4.ip_unprivileged_port_start=${rule.hostPort} | sudo tee /etc/sysctl.d/61-slipway-ports.conf && sudo sysctl --system`
    return new EngineError('forbidden', `cannot expose privileged port ${rule.hostPort}: an ordinary user may not listen below 1024`, { reason: 'port-privileged', hint })
  }
  if (/cannot assign requested address/i.test(said)) return new EngineError('invalid-argument', `cannot publish on ${rule.hostIp}: this machine has no such address`, { reason: 'address-missing' })
  return new EngineError('failed-precondition', `cannot publish port ${where}: ${said}`, { reason: 'port-refused' })
}

/** Errors are `{"message": …}`. */
function messageIn(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text
  } catch {
    return text.trim()
  }
}

async function call(socketPath: string, method: string, path: string, body?: object): Promise<{ status: number; text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>()
  const outgoing = request({ socketPath, method, path, headers: { Host: 'rootlesskit', 'Content-Type': 'application/json' }, timeout: 10_000 }, (response) => {
    const chunks: Buffer[] = []
    response.on('data', (chunk: Buffer) => chunks.push(chunk))
    response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }))
    response.on('error', reject)
  })
  outgoing.on('timeout', () => outgoing.destroy(new Error('no answer within 10 s')))
  outgoing.on('error', (cause) => reject(new EngineError('unavailable', `RootlessKit does not answer: ${cause.message}`, { reason: 'rootlesskit-gone', cause })))
  outgoing.end(body && JSON.stringify(body))
  return await promise
}
