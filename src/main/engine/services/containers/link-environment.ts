import { EngineError } from '#shared/errors.ts'
import type { ContainersContext } from './context.ts'
import { aliasOf, namingLinks, targetOf } from './links.ts'
import { expandRange } from './port-bindings.ts'
import type { ContainerRecord } from './record.ts'
import { isAlive } from './state.ts'

/** Of the other end; every container has its own. */
const NOT_TOLD = new Set(['HOME', 'PATH'])

/**
 * The variables by which a container linked on the default bridge finds the other end (https://docs.docker.com/engine/network/links/):
 * `DB_PORT_5432_TCP_ADDR` and the like. @throws failed-precondition when the other end does not run.
 */
export function linkEnvironment(ctx: ContainersContext, record: ContainerRecord): string[] {
  return namingLinks(record).flatMap((link) => {
    const target = ctx.records.get(targetOf(link))
    const alias = aliasOf(link)
    if (!isAlive(target.state)) throw new EngineError('failed-precondition', `Cannot link to a non running container: /${target.name} AS /${record.name}/${alias}`, { reason: 'not-running' })
    const address = ctx.needs.networks.findSandbox(target.id)?.endpoints.find(({ networkName }) => networkName === 'bridge')?.ipv4?.address
    return variablesOf(target, alias, `/${record.name}/${alias}`, address)
  })
}

function variablesOf(target: ContainerRecord, alias: string, path: string, address: string | undefined): string[] {
  const prefix = alias.replaceAll('-', '_').toUpperCase()
  const ports = address === undefined ? [] : Object.keys(target.config.ExposedPorts ?? {}).flatMap(expandRange).map(toPort).sort((a, b) => a.number - b.number || (a.protocol < b.protocol ? -1 : 1))
  const [first] = ports
  const url = ({ number, protocol }: Port) => `${protocol}://${address}:${number}`
  return [
    ...(first ? [`${prefix}_PORT=${url(first)}`] : []),
    ...ports.flatMap((port) => {
      const name = `${prefix}_PORT_${port.number}_${port.protocol.toUpperCase()}`
      return [`${name}=${url(port)}`, `${name}_ADDR=${address}`, `${name}_PORT=${port.number}`, `${name}_PROTO=${port.protocol}`]
    }),
    `${prefix}_NAME=${path}`,
    ...(target.config.Env ?? []).filter((entry) => entry.includes('=') && !NOT_TOLD.has(entry.split('=', 1)[0] ?? '')).map((entry) => `${prefix}_ENV_${entry}`),
  ]
}

interface Port {
  number: number
  protocol: string
}

const toPort = (text: string): Port => {
  const [number, protocol = 'tcp'] = text.split('/')
  return { number: Number(number), protocol }
}
