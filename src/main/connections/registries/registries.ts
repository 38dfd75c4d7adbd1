import type { Contract, Implementation } from '#shared/contract/contract.ts'
import type { Registries } from '#shared/contract/registries.ts'
import { EngineError, messageOf } from '#shared/errors.ts'
import type { Connection } from '../connection.ts'
import type { EngineApi } from '../engine-api.ts'
import type { Operation } from '../operation.ts'
import { wireCredentials, type RegistryAccounts } from './accounts.ts'
import { isRefusal } from './sign-in-needed.ts'

/** What is used of GET /info. */
interface WireInfo {
  RegistryConfig?: {
    Mirrors?: string[] | null
    InsecureRegistryCIDRs?: string[] | null
    IndexConfigs?: Record<string, { Mirrors?: string[] | null; Secure?: boolean }> | null
  } | null
}

/** Who is signed in where; the engine asks the registry whether an account is good, and keeps none. */
export function registriesOf({ api }: Pick<Connection, 'api'>, accounts: RegistryAccounts): Implementation<Contract, Operation>['registries'] {
  const all = async (signal: AbortSignal, registry = ''): Promise<Registries> => {
    const [known, place, info] = await Promise.all([accounts.list(), accounts.placeFor(registry), api.json<WireInfo>('GET', '/info', { signal }).catch((): WireInfo => ({}))])
    return { accounts: known, place, ...ruled(info) }
  }
  return {
    list: ({ registry }, { signal }) => all(signal, registry),
    async signIn({ registry, username, password }, { signal }) {
      const identityToken = await check(api, { registry, username, password }, signal)
      await accounts.keep(registry, identityToken === undefined ? { username, password } : { username, identityToken })
      return all(signal)
    },
    async signOut({ registry }, { signal }) {
      await accounts.forget(registry)
      return all(signal)
    },
  }
}

function ruled({ RegistryConfig }: WireInfo): Pick<Registries, 'mirrors' | 'insecure'> {
  const insecureHosts = Object.entries(RegistryConfig?.IndexConfigs ?? {}).flatMap(([name, { Secure }]) => (Secure === false ? [name] : []))
  return { mirrors: RegistryConfig?.Mirrors ?? [], insecure: [...insecureHosts, ...(RegistryConfig?.InsecureRegistryCIDRs ?? [])] }
}

/** @returns the token to use from now on in place of the password, where the registry gives one. @throws unauthorized, at its field. */
async function check(api: EngineApi, { registry, username, password }: { registry: string; username: string; password: string }, signal: AbortSignal): Promise<string | undefined> {
  try {
    const { IdentityToken } = await api.json<{ IdentityToken?: string }>('POST', '/auth', { body: wireCredentials(registry, { username, password }), signal })
    return IdentityToken || undefined
  } catch (error) {
    if (error instanceof EngineError && (error.code === 'unauthorized' || isRefusal(error.message) || /incorrect username or password/i.test(error.message)))
      throw new EngineError('unauthorized', `${registry} does not take this user name with this password (${messageOf(error)}).`, { reason: 'wrong-credentials', hint: 'Check both. Registries with a second factor want an access token in place of the password.', field: 'password' })
    throw error
  }
}
