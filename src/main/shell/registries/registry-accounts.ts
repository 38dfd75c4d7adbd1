/**
 * The accounts at registries that this user has. Three places are looked at, the first that has one counts: the app's own secrets, the
 * credential helper that docker's configuration names, and that configuration itself, so that whoever did `docker login` is signed in here too.
 * A new account goes to the helper where one is named and works, else to the app's secrets.
 */
import type { AccountPlace, RegistryAccount } from '#shared/contract/registries.ts'
import { isEngineError } from '#shared/errors.ts'
import type { Credentials, RegistryAccounts } from '../../connections/registries/accounts.ts'
import type { SecretStore } from '../secrets/secret-store.ts'
import { credentialHelper } from './credential-helper.ts'
import { forgetPlain, readDockerConfig, type DockerConfig } from './docker-config.ts'

const PREFIX = 'registry:'

export function openRegistryAccounts(secrets: SecretStore, configFile: string): RegistryAccounts {
  const recallOwn = async (registry: string) => readKept(await secrets.recall(PREFIX + registry))

  return {
    async of(registry) {
      const own = await recallOwn(registry)
      if (own) return own
      const config = await readDockerConfig(configFile)
      const helper = config.helperFor(registry)
      return (helper && (await whereInstalled(credentialHelper(helper).recall(registry)))) || config.plain().get(registry)
    },
    async list() {
      const config = await readDockerConfig(configFile)
      const found = new Map<string, RegistryAccount>()
      const add = (registry: string, username: string, place: AccountPlace) => void (found.has(registry) || found.set(registry, { registry, username, place }))
      for (const { name, place } of (await secrets.list()).filter((each) => each.name.startsWith(PREFIX))) {
        const registry = name.slice(PREFIX.length)
        // Sealed by a key store that is away: it is still known that there is one.
        const { username = '' } = (await recallOwn(registry).catch(() => undefined)) ?? {}
        add(registry, username, { kind: place })
      }
      for (const helper of config.helpers()) {
        const known = await credentialHelper(helper).list().catch(() => new Map<string, string>())
        for (const [registry, username] of known) if (config.helperFor(registry) === helper) add(registry, username, { kind: 'helper', helper })
      }
      for (const [registry, { username = '' }] of config.plain()) add(registry, username, { kind: 'docker-config' })
      return [...found.values()].sort((a, b) => a.registry.localeCompare(b.registry))
    },
    async keep(registry, credentials) {
      const helper = (await readDockerConfig(configFile)).helperFor(registry)
      if (helper && (await whereInstalled(credentialHelper(helper).keep(registry, credentials).then(() => true)))) return secrets.forget(PREFIX + registry)
      await secrets.keep(PREFIX + registry, JSON.stringify(credentials))
    },
    async forget(registry) {
      const config = await readDockerConfig(configFile)
      const helper = config.helperFor(registry)
      if (helper) await whereInstalled(credentialHelper(helper).forget(registry))
      await forgetPlain(configFile, registry)
      await secrets.forget(PREFIX + registry)
    },
    async placeFor(registry) {
      const config = await readDockerConfig(configFile)
      return (await helperPlace(config, registry)) ?? { kind: secrets.place() }
    },
  }
}

async function helperPlace(config: DockerConfig, registry: string): Promise<AccountPlace | undefined> {
  const helper = config.helperFor(registry)
  return helper && (await whereInstalled(credentialHelper(helper).list())) ? { kind: 'helper', helper } : undefined
}

/** Configurations outlive the programs they name (Docker Desktop's helper is the usual one): then it is as if none were named. */
async function whereInstalled<Answer>(asking: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await asking
  } catch (error) {
    if (isEngineError(error, 'not-found')) return undefined
    throw error
  }
}

function readKept(secret: string | undefined): Credentials | undefined {
  if (secret === undefined) return undefined
  try {
    const { username, password, identityToken } = JSON.parse(secret) as { username?: string; password?: string; identityToken?: string }
    if (identityToken !== undefined) return { identityToken, ...(username !== undefined && { username }) }
    return username !== undefined && password !== undefined ? { username, password } : undefined
  } catch {
    return undefined
  }
}
