import { EngineError } from '#shared/errors.ts'
import type { Host, HostCheck } from '../../host/host.ts'
import type { Firewall } from './firewall.ts'

/** Why there can be no firewall on this machine (core/host/probe/network-tools.ts). */
export const firewallLack = ({ facts }: Pick<Host, 'facts'>): HostCheck | undefined => facts.checks.find(({ id, status }) => id === 'nft' && status !== 'ok')

/** A bridge without rules would leave its containers open to every network that the machine is on. @throws failed-precondition (no-firewall) */
export function assertFirewall(host: Pick<Host, 'facts'>, what: string): void {
  const lack = firewallLack(host)
  if (lack) throw new EngineError('failed-precondition', `${what} needs a firewall. ${lack.finding}`, { reason: 'no-firewall', hint: `Mend it (${lack.remedy}) and start the engine again. Containers with --network none or host can be started as it is.` })
}

/** Stands in for one that cannot be: nothing is in the kernel, and nothing may be put there. */
export function createNoFirewall(host: Pick<Host, 'facts'>): Firewall {
  return {
    addBridge: async ({ bridge }) => assertFirewall(host, `The bridge ${bridge}`),
    removeBridge: async () => {},
    async changePorts({ add = [] }) {
      const [port] = add
      if (port) assertFirewall(host, `Publishing port ${port.hostPort}/${port.protocol}`)
    },
    removePortsSoon() {},
    settled: async () => {},
    reset: async () => {},
    rewrite: async () => {},
    guard() {},
    remove: async () => {},
    [Symbol.dispose]() {},
  }
}
