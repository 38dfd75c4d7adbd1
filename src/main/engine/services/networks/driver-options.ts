import { isIP } from 'node:net'
import { EngineError } from '#shared/errors.ts'
import type { IpvlanFlag, IpvlanMode, MacvlanMode } from '../../core/network/netlink/links.ts'
import type { NetworkRecord } from './network-record.ts'

/** Driver options have Docker's names: https://docs.docker.com/engine/network/drivers/bridge/#options. */
const OPTION = {
  bridgeName: 'com.docker.network.bridge.name',
  icc: 'com.docker.network.bridge.enable_icc',
  masquerade: 'com.docker.network.bridge.enable_ip_masquerade',
  hostBinding: 'com.docker.network.bridge.host_binding_ipv4',
  mtu: 'com.docker.network.driver.mtu',
  macLock: 'slipway.bridge.mac_lock',
} as const

export interface BridgeOptions {
  bridge: string
  mtu: number
  /** Containers reach each other. */
  talking: boolean
  masquerade: boolean
  /** Address that ports are published on when the user names none; empty for any. */
  hostBinding: string
  /** Containers are held to their MAC addresses. */
  locked: boolean
}

/** @throws invalid-argument. */
export function bridgeOptions({ id, options }: Pick<NetworkRecord, 'id' | 'options'>): BridgeOptions {
  const hostBinding = options[OPTION.hostBinding] ?? ''
  if (hostBinding !== '' && isIP(hostBinding) === 0) throw invalid(OPTION.hostBinding, hostBinding, 'An IP address of this machine.')
  return {
    bridge: interfaceName(options[OPTION.bridgeName]) ?? `br-${id.slice(0, 12)}`,
    mtu: mtuOption(options) ?? 1500,
    talking: truth(options, OPTION.icc),
    masquerade: truth(options, OPTION.masquerade),
    hostBinding: hostBinding === '0.0.0.0' || hostBinding === '::' ? '' : hostBinding,
    locked: truth(options, OPTION.macLock),
  }
}

export interface MacvlanOptions {
  parent: string | undefined
  mode: MacvlanMode
  mtu: number | undefined
}
export function macvlanOptions({ options }: Pick<NetworkRecord, 'options'>): MacvlanOptions {
  const mode = options['macvlan_mode'] ?? 'bridge'
  if (mode !== 'bridge' && mode !== 'private' && mode !== 'vepa' && mode !== 'passthru') throw new EngineError('invalid-argument', `requested macvlan mode '${mode}' is not valid, 'bridge' mode is the macvlan driver default`, { reason: 'invalid-option' })
  return { parent: interfaceName(options['parent']), mode, mtu: mtuOption(options) }
}

export interface IpvlanOptions {
  parent: string | undefined
  mode: IpvlanMode
  flag: IpvlanFlag
  mtu: number | undefined
}
export function ipvlanOptions({ options }: Pick<NetworkRecord, 'options'>): IpvlanOptions {
  const [mode, flag] = [options['ipvlan_mode'] || 'l2', options['ipvlan_flag'] || 'bridge']
  if (mode !== 'l2' && mode !== 'l3' && mode !== 'l3s') throw new EngineError('invalid-argument', `requested ipvlan mode '${mode}' is not valid, 'l2' mode is the ipvlan driver default`, { reason: 'invalid-option', hint: 'The modes are l2, l3 and l3s.' })
  if (flag !== 'bridge' && flag !== 'private' && flag !== 'vepa') throw new EngineError('invalid-argument', `requested ipvlan flag '${flag}' is not valid, 'bridge' flag is the ipvlan driver default`, { reason: 'invalid-option', hint: 'The flags are bridge, private and vepa.' })
  return { parent: interfaceName(options['parent']), mode, flag, mtu: mtuOption(options) }
}

/** Containers of these networks have interfaces of their own on a link of the machine, which `parent` names. */
export const onParent = ({ driver }: Pick<NetworkRecord, 'driver'>): boolean => driver === 'macvlan' || driver === 'ipvlan'
export const parentOf = (network: Pick<NetworkRecord, 'driver' | 'options'>): string | undefined => (network.driver === 'ipvlan' ? ipvlanOptions(network) : macvlanOptions(network)).parent

/** Options of the predefined bridge network, as Docker shows them. */
export const defaultBridgeOptions = (bridge: string): Record<string, string> => ({
  'com.docker.network.bridge.default_bridge': 'true',
  [OPTION.icc]: 'true',
  [OPTION.masquerade]: 'true',
  [OPTION.hostBinding]: '0.0.0.0',
  [OPTION.bridgeName]: bridge,
  [OPTION.mtu]: '1500',
})
export const isDefaultBridge = (network: Pick<NetworkRecord, 'options'>): boolean => network.options['com.docker.network.bridge.default_bridge'] === 'true'

function mtuOption(options: Record<string, string>): number | undefined {
  const text = options[OPTION.mtu]
  if (text === undefined || text === '' || text === '0') return undefined
  if (!/^-?\d+$/.test(text)) throw invalid(OPTION.mtu, text, 'A number from 68 to 65535.')
  if (Number(text) < 68 || Number(text) > 65_535) throw new EngineError('invalid-argument', `invalid MTU number: ${text}`, { reason: 'invalid-option', hint: 'A number from 68 to 65535.' })
  return Number(text)
}

function truth(options: Record<string, string>, name: string): boolean {
  const text = options[name]
  if (text === undefined || text === '') return true
  if (/^(1|t|true)$/i.test(text)) return true
  if (/^(0|f|false)$/i.test(text)) return false
  throw invalid(name, text, 'true or false.')
}

const invalid = (name: string, text: string, hint: string) => new EngineError('invalid-argument', `failed to parse ${name} value: ${text}`, { reason: 'invalid-option', hint })

/** What the kernel takes as an interface name, less what only makes trouble. */
function interfaceName(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined
  if (!/^[a-zA-Z0-9_][a-zA-Z0-9_.:@-]{0,14}$/.test(text)) throw new EngineError('invalid-argument', `invalid interface name: ${text}`, { reason: 'invalid-option', hint: 'At most 15 letters, digits, dots, dashes and underscores.' })
  return text
}
