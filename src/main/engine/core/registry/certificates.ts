import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { getCACertificates } from 'node:tls'

/** What a TLS connection to one host is made with. */
export interface TlsIdentity {
  ca: string[]
  cert?: string
  key?: string
}

let trusted: string[] | undefined

/**
 * Certificate authorities of Node, the machine and NODE_EXTRA_CA_CERTS, and those of `<folder>/<host[:port]>/*.crt`; a client certificate
 * where that folder has a .cert with its .key (https://docs.docker.com/engine/security/certificates/).
 */
export function tlsIdentity(host: string, folders: readonly string[]): TlsIdentity {
  trusted ??= [...new Set(['bundled', 'system', 'extra'].flatMap((store) => getCACertificates(store as 'bundled' | 'system' | 'extra')))]
  const identity: TlsIdentity = { ca: [...trusted] }
  for (const folder of folders.map((parent) => join(parent, host)).filter((path) => existsSync(path))) {
    for (const name of readdirSync(folder)) {
      if (name.endsWith('.crt')) identity.ca.push(readFileSync(join(folder, name), 'utf8'))
      const key = join(folder, name.replace(/\.cert$/, '.key'))
      if (name.endsWith('.cert') && existsSync(key)) Object.assign(identity, { cert: readFileSync(join(folder, name), 'utf8'), key: readFileSync(key, 'utf8') })
    }
  }
  return identity
}
