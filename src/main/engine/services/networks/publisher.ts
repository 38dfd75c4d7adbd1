import { EngineError, messageOf } from '#shared/errors.ts'
import type { ForwardRule, Host, PortForwarder } from '../../core/host/host.ts'
import type { Firewall } from '../../core/network/firewall/firewall.ts'
import type { PublishedPort } from '../../core/network/firewall/ruleset.ts'
import type { PortMapping } from '../../core/network/sandbox.ts'
import { gatewayEndpoint, publishedPorts } from './gateway.ts'
import type { EndpointRecord } from './sandbox-record.ts'

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
  /** Compares the port driver with what should be, after a start. Tells of each port that could not be had again. */
  reconcile(publications: readonly Publication[]): Promise<string[]>
}

export function createPublisher(host: Pick<Host, 'portForwarder'>, firewall: Firewall): Publisher {
  const forwards = host.portForwarder === undefined ? undefined : createForwards(host.portForwarder)
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
      await forwards?.change(forwardRules(from), forwardRules(to))
      undo.move()
    },
    async withdraw(publication) {
      firewall.removePortsSoon(publishedPortsOf(publication))
      await forwards?.change(forwardRules(publication), new Map())
    },
    reconcile: async (publications) => (await forwards?.reconcile(new Map(publications.flatMap((publication) => [...forwardRules(publication)])))) ?? [],
  }
}

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

type Rules = ReadonlyMap<string, ForwardRule>
interface Forwards {
  change(before: Rules, after: Rules): Promise<void>
  reconcile(wanted: Rules): Promise<string[]>
}

function createForwards(forwarder: PortForwarder): Forwards {
  /** Rule as text → its number at the driver. */
  const known = new Map<string, number>()
  async function add(key: string, rule: ForwardRule) {
    try {
      known.set(key, await forwarder.add(rule))
    } catch (error) {
      // Where the machine has no IPv6, all of its addresses are the IPv4 ones.
      if (rule.hostIp !== '::') throw error
    }
  }
  async function drop(key: string) {
    const id = known.get(key)
    if (id === undefined) return
    known.delete(key)
    await forwarder.remove(id)
  }
  return {
    async change(before, after) {
      await using undo = new AsyncDisposableStack()
      for (const [key, rule] of before)
        if (!after.has(key) && known.has(key)) {
          undo.defer(() => add(key, rule))
          await drop(key)
        }
      for (const [key, rule] of after)
        if (!known.has(key)) {
          undo.defer(() => drop(key))
          await add(key, rule)
        }
      undo.move()
    },
    async reconcile(wanted) {
      for (const { id, ...rule } of await forwarder.list()) {
        const key = ruleKey(rule)
        if (wanted.has(key) && !known.has(key)) known.set(key, id)
        else await forwarder.remove(id)
      }
      const lost: string[] = []
      for (const [key, rule] of wanted)
        if (!known.has(key)) await add(key, rule).catch((error: unknown) => void lost.push(`port ${rule.hostIp}:${rule.hostPort}/${rule.protocol} of a running container is not published: ${messageOf(error)}`))
      return lost
    },
  }
}

/** The port driver knows TCP and UDP. */
function forwardRules(publication: Publication | undefined): Rules {
  const rules = new Map<string, ForwardRule>()
  for (const mapping of publication?.mappings ?? []) {
    const childIp = publication && targetFor(mapping, publication, true)
    if (childIp === undefined || mapping.protocol === 'sctp') continue
    const rule: ForwardRule = { protocol: mapping.protocol, hostIp: mapping.hostIp, hostPort: mapping.hostPort, childIp, childPort: mapping.containerPort }
    rules.set(ruleKey(rule), rule)
  }
  return rules
}
const ruleKey = (rule: ForwardRule) => `${rule.protocol} ${rule.hostIp} ${rule.hostPort} ${rule.childIp} ${rule.childPort}`
