import { optional, record, text, type Shape, type Shapes } from './shape.ts'
import type { SecretPlace } from './settings.ts'
import { EngineError } from '../errors.ts'

/** Where the password of an account lies: with the app, in a docker credential helper, or readable in docker's own configuration. */
export type AccountPlace = { kind: SecretPlace } | { kind: 'helper'; helper: string } | { kind: 'docker-config' }

/** A registry that somebody is signed in to. What they are signed in with never reaches the page. */
export interface RegistryAccount {
  /** `docker.io`, `ghcr.io`, `127.0.0.1:5000`. */
  registry: string
  /** Empty where only a token is kept, or it cannot be read now. */
  username: string
  place: AccountPlace
}

export interface Registries {
  accounts: RegistryAccount[]
  /** Of docker.io, in the order they are asked, as the engine has them now. */
  mirrors: string[]
  /** Hosts and networks that the engine speaks to without checking a certificate. */
  insecure: string[]
  /** Where an account that is signed in to now is kept. */
  place: AccountPlace
}

export interface RegistrySignIn {
  registry: string
  username: string
  /** Or an access token. */
  password: string
}

export interface RegistriesContract {
  /** `place` is where the account of `registry` would be kept. */
  list(request: { registry?: string }): Promise<Registries>
  /** Asks the registry first. @throws unauthorized when it refuses, and nothing is kept. */
  signIn(request: RegistrySignIn): Promise<Registries>
  /** Forgets the account wherever it is kept. */
  signOut(request: { registry: string }): Promise<Registries>
}

/** A host with an optional port; what people copy along with it (scheme, path) is let go. */
export const registryHost: Shape<string> = (value, field) => {
  const host = hostOfRegistry(text(512)(value, field))
  if (/^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(?::\d{1,5})?$/i.test(host)) return host
  throw new EngineError('invalid-argument', 'A registry is written as a host, such as ghcr.io or 127.0.0.1:5000.', { reason: 'bad-registry', field })
}

/** `https://index.docker.io/v1/` and its other names are `docker.io`. */
export function hostOfRegistry(written: string): string {
  const host = (written.trim().replace(/^https?:\/\//i, '').split('/')[0] ?? '').toLowerCase()
  return ['index.docker.io', 'registry-1.docker.io', 'hub.docker.com', 'registry.hub.docker.com'].includes(host) ? 'docker.io' : host
}

export const registriesShapes: Shapes<RegistriesContract> = {
  list: record<{ registry?: string }>({ registry: optional(registryHost) }),
  signIn: record<RegistrySignIn>({ registry: registryHost, username: text(1024), password: text(65_536) }),
  signOut: record<{ registry: string }>({ registry: registryHost }),
}
