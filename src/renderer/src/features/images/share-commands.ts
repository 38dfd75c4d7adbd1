import type { Sharing } from '#shared/contract/sharing.ts'
import { findReference } from '#shared/oci/reference.ts'

/** What somebody types on another machine, or on this one where it is shared with nobody else. */
export interface ShareCommands {
  /** `box:5055` */
  address: string
  /** Makes docker and podman there trust the certificate; once. */
  trust?: string
  /** Once; asks for the password. */
  login?: string
  pull: string
  push?: string
}

/** Addresses to choose from, the likeliest first. */
export const addressesOf = ({ host, loopback, hosts }: Pick<Sharing, 'host' | 'loopback' | 'hosts'>): string[] => (loopback ? [host] : /^(0\.0\.0\.0|::)$/.test(host) ? hosts : [host])

/** `image`: a name as this engine knows it. */
export function shareCommands({ port, push, username, password, tls }: Sharing, host: string, image: string): ShareCommands {
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`
  const folder = `/etc/docker/certs.d/${address}`
  return {
    address,
    ...(tls?.own && { trust: `sudo mkdir -p ${folder} && sudo tee ${folder}/ca.crt <<'END'\n${tls.certificate.trim()}\nEND` }),
    ...(password && { login: `docker login -u ${username} ${address}` }),
    pull: `docker pull ${address}/${image}`,
    ...(push && { push: `docker push ${address}/${image}` }),
  }
}

/** Names that clients of a registry can spell: one whose registry has a port or capital letters is none. */
export const isShareable = (tag: string): boolean => {
  const reference = findReference(tag)
  return reference !== undefined && /^[a-z0-9.-]+$/.test(reference.registry)
}
