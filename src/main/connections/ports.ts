import type { PortMapping } from '#shared/contract/containers.ts'
import type { Contract, Implementation } from '#shared/contract/contract.ts'
import type { PortListener } from '#shared/contract/ports.ts'
import { EngineError, isEngineError } from '#shared/errors.ts'
import type { Connection } from './connection.ts'
import { portBindings } from './create-body.ts'
import type { Operation } from './operation.ts'
import { readPorts, type WirePort } from './wire/container.ts'

/** An entry of `GET /slipway/host/ports`. */
interface WireListener {
  IP: string
  Port: number
  Type: string
  Process?: string
  PID?: number
  ContainerID?: string
}

/** Ports beyond what Docker's API can: changed while the container runs, and seen with those of other programs. */
export function portsOf({ api, summary }: Pick<Connection, 'api' | 'summary'>): Implementation<Contract, Operation>['ports'] {
  const needsSlipway = async <Answer>(what: string, call: () => Promise<Answer>): Promise<Answer> => {
    const { state } = summary()
    if (state.status === 'ready' && !state.facts.slipway) throw refusal(what)
    return call()
  }
  return {
    change: ({ container, ports }, { signal }) =>
      needsSlipway('This engine fixes the ports of a container when it is made.', async () => {
        const answer = await api.json<{ Ports?: WirePort[] | null }>('PUT', `/slipway/containers/${container}/ports`, { body: { PortBindings: portBindings(ports) }, signal }).catch((error: unknown) => {
          throw atPort(error, ports)
        })
        return readPorts(answer.Ports ?? [])
      }),
    listeners: (_request, { signal }) =>
      needsSlipway('This engine does not tell which ports its machine uses.', async () => {
        const { Listeners } = await api.json<{ Listeners?: WireListener[] | null }>('GET', '/slipway/host/ports', { signal })
        return (Listeners ?? []).flatMap(readListener)
      }),
  }
}

const refusal = (message: string) => new EngineError('not-implemented', message, { reason: 'needs-slipway', hint: 'Recreate the container with other ports: Edit does it and keeps its data.' })

/** The field is that of the port named in the sentence, so that it is told beside it. */
function atPort(error: unknown, ports: readonly PortMapping[]): unknown {
  if (!isEngineError(error)) return error
  const numbers = new Set([...error.message.matchAll(/\b(\d{1,5})\b/g)].map(([, digits]) => Number(digits)))
  const index = ports.findIndex(({ hostPort }) => hostPort !== undefined && numbers.has(hostPort))
  return index < 0 ? error : new EngineError(error.code, error.message, { reason: error.reason, hint: error.hint, field: `ports[${index}].hostPort`, cause: error })
}

function readListener({ IP, Port, Type, Process, PID, ContainerID }: WireListener): PortListener[] {
  if (Type !== 'tcp' && Type !== 'udp' && Type !== 'sctp') return []
  return [{ ip: IP, port: Port, protocol: Type, ...(Process && { process: Process }), ...(PID && { pid: PID }), ...(ContainerID && { container: ContainerID }) }]
}
