import { isIP } from 'node:net'
import { EngineError } from '#shared/errors.ts'

const STANDARD = `127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::\tip6-localnet
ff00::\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
`

export interface HostsPlan {
  /** `name:address` or `name=address`; the address may be `host-gateway`. */
  extraHosts: readonly string[]
  /** What `host-gateway` stands for. */
  hostGateway: readonly string[]
  /** Addresses of the container itself, and what they are called: `web.example.org web`. */
  own: readonly { address: string; names: string }[]
  /** Names of linked containers. */
  links?: readonly { address: string; names: string }[]
  /** The first lines; the usual loopback names when left out. */
  head?: string
}

/** Text of /etc/hosts. @throws invalid-argument for an extra host that is none. */
export function renderHosts(plan: HostsPlan): string {
  const extra = plan.extraHosts.flatMap((line) => parseExtraHost(line, plan.hostGateway))
  const lines = [...extra, ...(plan.links ?? []), ...plan.own].map(({ address, names }) => `${address}\t${names}\n`)
  const head = plan.head ?? STANDARD
  return `${head}${head === '' || head.endsWith('\n') ? '' : '\n'}${lines.join('')}`
}

/** @throws invalid-argument. */
export function parseExtraHost(line: string, hostGateway: readonly string[] = ['0.0.0.0']): { address: string; names: string }[] {
  const split = /^([^:=\s]+)[:=](.+)$/.exec(line)
  const name = split?.[1] ?? ''
  const address = (split?.[2] ?? '').replace(/^\[(.*)\]$/, '$1')
  if (name === '' || (address !== 'host-gateway' && isIP(address) === 0))
    throw new EngineError('invalid-argument', `bad format for add-host: "${line}"`, { reason: 'invalid-extra-host', hint: 'Write name:address, or name:host-gateway.' })
  return (address === 'host-gateway' ? hostGateway : [address]).map((each) => ({ address: each, names: name }))
}
