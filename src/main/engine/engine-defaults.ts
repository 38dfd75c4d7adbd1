import { InvalidArgumentError } from 'commander'
import { EngineError, messageOf } from '#shared/errors.ts'
import { parseAddressPool, type SubnetPool } from './core/network/ipam/subnets.ts'
import { logDriverOf } from './services/containers/log-drivers.ts'

/** What the engine does where a request says nothing; Docker's daemon has the same, by the same names where it can. */
export interface EngineDefaults {
  /** `base=10.64.0.0/12,size=24`; none: Docker's own. */
  addressPools: string[]
  /** `max-size` and `max-file` of containers that name no log driver. */
  logOptions: Record<string, string>
  proxy: ProxyDefaults
  /** Registries whose certificate is not checked and that may speak plain http, `host`, `host:port` or a network; those of this machine always. */
  insecureRegistries: string[]
}
/** For registries. What is not given comes from the environment. */
export interface ProxyDefaults {
  http?: string
  https?: string
  /** Hosts, comma-separated, that are spoken to directly. */
  none?: string
}

export const noDefaults: EngineDefaults = { addressPools: [], logOptions: {}, proxy: {}, insecureRegistries: [] }

export const poolsOf = ({ addressPools }: EngineDefaults): SubnetPool[] => addressPools.map(parseAddressPool)

export function formatDefaults({ addressPools, logOptions, proxy, insecureRegistries }: EngineDefaults): string[] {
  return [
    ...addressPools.flatMap((pool) => ['--default-address-pool', pool]),
    ...(logOptions['max-size'] === undefined ? [] : ['--log-max-size', logOptions['max-size']]),
    ...(logOptions['max-file'] === undefined ? [] : ['--log-max-file', logOptions['max-file']]),
    ...(proxy.http === undefined ? [] : ['--http-proxy', proxy.http]),
    ...(proxy.https === undefined ? [] : ['--https-proxy', proxy.https]),
    ...(proxy.none === undefined ? [] : ['--no-proxy', proxy.none]),
    ...insecureRegistries.flatMap((registry) => ['--insecure-registry', registry]),
  ]
}

/** One more `--default-address-pool`. */
export function collectPool(text: string, before: string[] = []): string[] {
  checked(() => parseAddressPool(text))
  return [...before, text]
}
/** One more `--insecure-registry`. */
export function collectInsecure(text: string, before: string[] = []): string[] {
  if (!/^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?|\[[0-9a-f:]+\](?::\d{1,5})?|[0-9a-f.:]+\/\d{1,3})$/i.test(text)) throw new InvalidArgumentError('A registry such as registry.local:5000, or a network such as 10.0.0.0/8, was expected.')
  return [...before, text]
}
export function parseLogOption(name: 'max-size' | 'max-file'): (text: string) => string {
  return (text) => {
    checked(() => logDriverOf({ LogConfig: { Type: 'local', Config: { [name]: text } } }))
    return text
  }
}

function checked(check: () => unknown): void {
  try {
    check()
  } catch (error) {
    if (error instanceof EngineError) throw new InvalidArgumentError(messageOf(error))
    throw error
  }
}
