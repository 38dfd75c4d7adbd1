import { randomBytes } from 'node:crypto'
import { EngineError } from '#shared/errors.ts'
import { noSwarm } from '#shared/no-swarm.ts'
import { forwardObstacles } from '../../core/network/firewall/obstacles.ts'
import { assertFirewall, firewallLack } from '../../core/network/firewall/no-firewall.ts'
import { parseCidr, type Cidr } from '../../core/network/ipam/address.ts'
import { listRoutes, routesIn } from '../../core/network/netlink/addresses.ts'
import { exchange } from '../../core/network/netlink/exchange.ts'
import { planAddresses } from './address-plan.ts'
import { refuseOperatorFields, withConfiguration } from './config-networks.ts'
import { bridgeOptions, ipvlanOptions, macvlanOptions, onParent } from './driver-options.ts'
import { ensureForwarding } from './forwarding.ts'
import { ensureParent, removeParent } from './parent-link.ts'
import { announceNetwork } from './network-events.ts'
import { isPredefined, type NetworkDriver, type NetworkRecord, type Subnet } from './network-record.ts'
import type { AddressPlan, NetworkCreate } from './networks-service.ts'
import type { NetworksState } from './state.ts'

/** Makes a network: its record, and what its driver needs in the kernel. */
export async function createNetwork(state: NetworksState, asked: NetworkCreate): Promise<{ id: string; warning: string }> {
  refuseName(state, asked.name)
  if (asked.configOnly) refuseOperatorFields(asked)
  const request = withConfiguration(state, asked)
  const driver = asked.configOnly ? 'null' : driverOf(request)
  if (request.ipv4 === false && !request.ipv6) throw new EngineError('invalid-argument', 'IPv4 or IPv6 must be enabled', { reason: 'no-address-family', field: 'ipv4' })
  await using undo = new AsyncDisposableStack()
  const record = await planNetwork(state, request, driver)
  if (driver === 'bridge') {
    assertFirewall(state.context.host, `Network ${request.name}`)
    refuseBridgeClash(state, record)
    refuseSeveralSubnets(record)
    undo.defer(() => state.bridges.remove(record))
    await ensureForwarding(state, record)
    await state.bridges.create(record)
  }
  if (onParent(record)) {
    await ensureParent(state.context.host, record)
    undo.defer(() => removeParent(state.context.host, record))
  }
  state.store.put(record)
  announceNetwork(state, record, 'create')
  undo.move()
  if (!firewallLack(state.context.host)) state.warnings = await forwardObstacles(state.context.host)
  return { id: record.id, warning: driver === 'bridge' ? state.warnings.join(' ') : '' }
}

export async function planNetwork(state: NetworksState, request: NetworkCreate, driver: NetworkDriver): Promise<NetworkRecord> {
  const { ipv4 = true, ipv6 = false } = request
  const options = request.options ?? {}
  const id = randomBytes(32).toString('hex')
  // Read now, so that an option that makes no sense is refused before anything is made.
  if (driver === 'bridge') bridgeOptions({ id, options })
  if (driver === 'macvlan') macvlanOptions({ options })
  if (driver === 'ipvlan') ipvlanOptions({ options })
  const config = request.ipam?.config ?? []
  const subnets = request.configOnly ? config.map(asGiven) : driver === 'bridge' || onParent({ driver }) ? planAddresses({ config, ipv4, ipv6, networks: subnetsInUse(state), routes: await hostRoutes(state), globalId: globalIdOf(state), pools: state.context.addressPools, inventsGateway: driver === 'bridge' }) : []
  return {
    id,
    name: request.name,
    driver,
    createdAt: new Date().toISOString(),
    scope: 'local',
    internal: request.internal ?? false,
    attachable: request.attachable ?? false,
    ipv4,
    ipv6,
    ipamDriver: request.ipam?.driver || 'default',
    ipamOptions: request.ipam?.options ?? {},
    subnets,
    options,
    labels: request.labels ?? {},
    ...(request.configOnly && { configOnly: true }),
    ...(request.configFrom && { configFrom: request.configFrom }),
  }
}

/** Of a network that is only settings: written down, and looked at when another is made from it. */
function asGiven({ subnet, ...rest }: AddressPlan): Subnet {
  if (subnet === undefined) throw new EngineError('invalid-argument', 'a configuration of addresses needs a subnet', { reason: 'invalid-subnet', field: 'ipam' })
  parseCidr(subnet)
  return { subnet, ...rest }
}

function driverOf(request: NetworkCreate): NetworkDriver {
  const driver = request.driver || 'bridge'
  const ipam = request.ipam?.driver || 'default'
  if (ipam !== 'default') throw new EngineError('not-found', `plugin "${ipam}" not found`, { reason: 'no-ipam-driver', hint: 'Only the default address planning is there.' })
  if (driver === 'bridge') return 'bridge'
  if (driver === 'macvlan' || driver === 'ipvlan') return driver
  if (driver === 'host' || driver === 'null') throw new EngineError('forbidden', `only one instance of "${driver}" network is allowed`, { reason: 'single-instance' })
  if (driver === 'overlay') throw noSwarm('forbidden')
  throw new EngineError('not-found', `plugin "${driver}" not found`, { reason: 'no-driver', hint: 'The drivers are bridge, macvlan and ipvlan.' })
}

function refuseName(state: NetworksState, name: string): void {
  if (name.trim() === '') throw new EngineError('invalid-argument', 'network name must not be empty', { reason: 'invalid-name', field: 'name' })
  // Names end up in DNS answers and in tables on terminals.
  if (name.length > 255 || /[\p{C}\p{Z}/]/u.test(name)) throw new EngineError('invalid-argument', `invalid network name: ${JSON.stringify(name)}`, { reason: 'invalid-name', field: 'name', hint: 'Use letters, digits, dots, dashes and underscores.' })
  if (isPredefined(name) || name === 'default' || name.startsWith('container:')) throw new EngineError('forbidden', `operation is not permitted on predefined ${name} network`, { reason: 'predefined', field: 'name' })
  if (state.store.findByName(name)) throw new EngineError('already-exists', `network with name ${name} already exists`, { reason: 'name-taken', field: 'name' })
}

function refuseBridgeClash(state: NetworksState, record: NetworkRecord): void {
  const { bridge } = bridgeOptions(record)
  const other = state.store.list().find((each) => each.driver === 'bridge' && bridgeOptions(each).bridge === bridge)
  if (other) throw new EngineError('forbidden', `cannot create network ${record.id} (${bridge}): conflicts with network ${other.id} (${bridge}): networks have same bridge name`, { reason: 'bridge-name-taken' })
}

/** One per family, as with Docker: a second one would have no router of its own. */
function refuseSeveralSubnets({ subnets }: NetworkRecord): void {
  const families = subnets.map(({ subnet }) => parseCidr(subnet).family)
  if (new Set(families).size < families.length) throw new EngineError('forbidden', "bridge driver doesn't support multiple subnets", { reason: 'several-subnets' })
}

const subnetsInUse = (state: NetworksState): Cidr[] => state.store.list().flatMap(({ subnets, configOnly }) => configOnly ? [] : subnets.map(({ subnet }) => parseCidr(subnet)))

/** Of the namespace that bridges live in and, rootless, of the machine's own too: what containers want to reach there must not be shadowed. */
async function hostRoutes({ context: { host } }: NetworksState): Promise<Cidr[]> {
  const namespaces = host.networkNamespace === undefined ? [undefined] : [undefined, host.networkNamespace]
  const replies = await Promise.all(namespaces.map((namespace) => exchange(host.syscalls, { namespace, protocol: 'route', messages: [listRoutes()], about: 'list routes' })))
  return replies.flatMap(routesIn).map(({ destination }) => destination)
}

/** The 40 random bits of this engine's unique local IPv6 prefix, drawn once. */
function globalIdOf({ context }: NetworksState): bigint {
  const settings = context.metadata.collection<{ globalId: string }>('network-settings')
  const found = settings.find('ipv6') ?? { globalId: randomBytes(5).toString('hex') }
  settings.put('ipv6', found)
  return BigInt(`0x${found.globalId}`)
}
