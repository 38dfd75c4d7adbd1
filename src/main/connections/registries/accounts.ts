import type { AccountPlace, RegistryAccount } from '#shared/contract/registries.ts'

/** What a registry wants to see: a name with its password, or the token that it gave for them. */
export type Credentials = { username: string; password: string } | { username?: string; identityToken: string }

/** The accounts at registries that this user has, wherever they are kept (shell/registries). */
export interface RegistryAccounts {
  /** Undefined for one that nobody signed in to. */
  of(registry: string): Promise<Credentials | undefined>
  list(): Promise<RegistryAccount[]>
  keep(registry: string, credentials: Credentials): Promise<void>
  forget(registry: string): Promise<void>
  /** Where the account of that registry would be kept. */
  placeFor(registry: string): Promise<AccountPlace>
}

/** For engines that are looked at without a user of their own. */
export const noAccounts: Pick<RegistryAccounts, 'of' | 'list'> = { of: async () => undefined, list: async () => [] }

/** Docker Hub's own name in credentials; every other registry is its host. https://docs.docker.com/reference/api/engine/#section/Authentication */
export const serverAddress = (registry: string): string => (registry === 'docker.io' ? 'https://index.docker.io/v1/' : registry)

/** X-Registry-Auth: base64url of JSON, as the docker client sends it. */
export const authHeader = (registry: string, credentials: Credentials): string => encode(wireCredentials(registry, credentials))

/** X-Registry-Config of a build: every account, by the registry's name. */
export const configHeader = (accounts: readonly (readonly [registry: string, credentials: Credentials])[]): string =>
  encode(Object.fromEntries(accounts.map(([registry, credentials]) => [serverAddress(registry), wireCredentials(registry, credentials)])))

/** As POST /auth and the headers have it. */
export const wireCredentials = (registry: string, credentials: Credentials): Record<string, string> => ({
  ...('password' in credentials ? { username: credentials.username, password: credentials.password } : { identitytoken: credentials.identityToken, ...(credentials.username && { username: credentials.username }) }),
  serveraddress: serverAddress(registry),
})

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
