import { isIP, BlockList } from 'node:net'
import { EngineError } from '#shared/errors.ts'
import { DEFAULT_REGISTRY } from '#shared/oci/reference.ts'
import type { RegistryOptions } from './registry.ts'

/** One server that may answer for a registry. */
export interface Endpoint {
  /** Scheme, host and port, no slash at the end. */
  origin: string
  /** Path before /v2/, for mirrors that have one. */
  prefix: string
  mirror: boolean
  /** The certificate is not checked, and plain http is tolerated for what this endpoint points at. */
  insecure: boolean
}

const DOCKER_HUB = 'https://registry-1.docker.io'

/** Servers for a registry in the order they are to be tried. @throws invalid-argument for a mirror that is no URL. */
export function endpointsOf(registry: string, options: Pick<RegistryOptions, 'mirrors' | 'insecure'>): Endpoint[] {
  if (registry === DEFAULT_REGISTRY) return [...(options.mirrors ?? []).map(mirrorEndpoint), secure(DOCKER_HUB)]
  const plain: Endpoint = { origin: `http://${registry}`, prefix: '', mirror: false, insecure: true }
  const unchecked: Endpoint = { ...plain, origin: `https://${registry}` }
  // Either may be what a registry on this machine speaks; http is the rule there and https the rule everywhere else.
  if (isLoopback(hostOf(registry))) return [plain, unchecked]
  return isListed(registry, options.insecure ?? []) ? [unchecked, plain] : [secure(`https://${registry}`)]
}

const secure = (origin: string): Endpoint => ({ origin, prefix: '', mirror: false, insecure: false })

function mirrorEndpoint(text: string): Endpoint {
  const url = URL.parse(text.includes('://') ? text : `https://${text}`)
  if (!url || !/^https?:$/.test(url.protocol)) throw new EngineError('invalid-argument', `registry mirror ${JSON.stringify(text)} is not an http or https URL`, { reason: 'invalid-mirror' })
  return { origin: url.origin, prefix: url.pathname.replace(/\/+$/, ''), mirror: true, insecure: url.protocol === 'http:' }
}

/** The host of `host:port` without brackets. */
export const hostOf = (registry: string): string => registry.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8)
LOOPBACK.addAddress('::1', 'ipv6')

export function isLoopback(host: string): boolean {
  const version = isIP(host)
  return version === 0 ? host === 'localhost' : LOOPBACK.check(host, version === 6 ? 'ipv6' : 'ipv4')
}

/** By host, by host and port, or by a network that holds the address. */
export function isListed(registry: string, listed: readonly string[]): boolean {
  const host = hostOf(registry)
  return listed.some((item) => item === registry || item === host || (item.includes('/') && isIP(host) > 0 && isWithin(host, item)))
}

function isWithin(address: string, network: string): boolean {
  const [base = '', bits = ''] = network.split('/')
  const family = isIP(base) === 6 ? 'ipv6' : 'ipv4'
  if (isIP(base) !== isIP(address)) return false
  const list = new BlockList()
  list.addSubnet(base, Number(bits), family)
  return list.check(address, family)
}
