import { EngineError } from '#shared/errors.ts'
import type { ForwardRule, Host } from '../../core/host/host.ts'
import type { Firewall } from '../../core/network/firewall/firewall.ts'
import type { PublishedPort } from '../../core/network/firewall/ruleset.ts'
import type { PortMapping } from '../../core/network/sandbox.ts'
import { gatewayEndpoint, publishedPorts } from './gateway.ts'
import { createPortForwards, rulesByKey, type ForwardRules, type PortForwards } from './port-forwards.ts'
import type { EndpointRecord, SandboxRecord } from './sandbox-record.ts'

/** What a container's ports lead to, as the kernel is to have it. */
export interface Publication {
  endpoints: readonly EndpointRecord[]
  mappings: readonly PortMapping[]
  /** Endpoints that have the default routes, if they are not simply the best. */
  current?: { ipv4?: string; ipv6?: string }
}

/**
 * Puts port mappings in force: as root in the firewall; rootless also at the port driver, which listens in the host's network and connects to the
 * container from within ours (the firewall then serves containers that use the address of their gateway).
 */
export interface Publisher {
  /** Mappings that can be in force; those of a family without target are left out. @throws failed-precondition when one of them was asked for by address. */
  feasible(publication: Publication): PortMapping[]
  /** Replaces one container's publication by another, keeping what is in both. */
  change(from: Publication | undefined, to: Publication): Promise<void>
  /** Takes a publication away. The host's ports are free again at once; the firewall follows in a moment. */
  withdraw(publication: Publication): Promise<void>
  /** Of the port driver: see PortForwards. */
  takeOver(publications: readonly Publication[]): Promise<string[]>
  compare(publications: readonly Publication[]): ReturnType<PortForwards['compare']>
  mend(): Promise<void>
}

export function createPublisher(host: Pick<Host, 'portForwarder'>, firewall: Firewall): Publisher {
  const forwards = host.portForwarder === undefined ? undefined : createPortForwards(host.portForwarder)
  return {
    feasible(publication) {
      return publication.mappings.filter((mapping) => {
        if (targetFor(mapping, publication, forwards !== undefined)) return true
        refuseExplicit(mapping, publication)
        return false
      })
    },
    async change(from, to) {
      await using undo = new AsyncDisposableStack()
      const [before, after] = [from ? publishedPortsOf(from) : [], publishedPortsOf(to)]
      await firewall.changePorts({ remove: before, add: after })
      undo.defer(() => firewall.changePorts({ remove: after, add: before }))
      await forwards?.change(forwardRules(...(from ? [from] : [])), forwardRules(to))
      undo.move()
    },
    async withdraw(publication) {
      firewall.removePortsSoon(publishedPortsOf(publication))
      await forwards?.change(forwardRules(publication), new Map())
    },
    takeOver: async (publications) => (await forwards?.takeOver(forwardRules(...publications))) ?? [],
    compare: async (publications) => (await forwards?.compare(forwardRules(...publications))) ?? { gone: [], strays: [] },
    mend: async () => await forwards?.mend(),
  }
}

export const publicationOf = (sandbox: SandboxRecord): Publication => ({ ...sandbox, mappings: sandbox.ports, current: sandbox.gateways })

export const publishedPortsOf = (publication: Publication): PublishedPort[] => publishedPorts(publication.mappings, targetsOf(publication))

function targetsOf({ endpoints, current }: Publication) {
  return { ipv4: gatewayEndpoint(endpoints, 4, current?.ipv4), ipv6: gatewayEndpoint(endpoints, 6, current?.ipv6) }
}

/** Address in the container that the mapping leads to. The port driver makes connections of its own, so that it can lead from IPv6 to IPv4. */
function targetFor(mapping: PortMapping, publication: Publication, translates: boolean): string | undefined {
  const { ipv4, ipv6 } = targetsOf(publication)
  if (!mapping.hostIp.includes(':')) return ipv4?.ipv4?.address
  return ipv6?.ipv6?.address ?? (translates ? ipv4?.ipv4?.address : undefined)
}

/** `[::]` is part of "all addresses" and goes without saying; an address of its own was wished for. */
function refuseExplicit(mapping: PortMapping, { endpoints }: Publication) {
  if (mapping.hostIp === '::' || !mapping.hostIp.includes(':') || endpoints.every(({ internal }) => internal)) return
  throw new EngineError('failed-precondition', `cannot publish port ${mapping.containerPort}/${mapping.protocol} on [${mapping.hostIp}]: the container has no IPv6 address`, { reason: 'no-ipv6', hint: 'Put the container on a network with IPv6, or publish on an IPv4 address.' })
}

/** The port driver knows TCP and UDP. */
const forwardRules = (...publications: readonly Publication[]): ForwardRules =>
  rulesByKey(
    publications.flatMap((publication) =>
      publication.mappings.flatMap((mapping): ForwardRule[] => {
        const childIp = targetFor(mapping, publication, true)
        if (childIp === undefined || mapping.protocol === 'sctp') return []
        return [{ protocol: mapping.protocol, hostIp: mapping.hostIp, hostPort: mapping.hostPort, childIp, childPort: mapping.containerPort }]
      }),
    ),
  )
