import { readFileSync } from 'node:fs'
import type { HostFacts } from '../../host/host.ts'
import type { SecurityInput } from './container-spec.ts'

/** Ours if someone has loaded it, or Docker's if Docker has. */
const DEFAULT_PROFILES = ['slipway-default', 'docker-default'] as const
const LOADED = '/sys/kernel/security/apparmor/profiles'

/** Where the host has AppArmor: what was asked, or a default profile that is loaded. A user namespace's root may not change profiles it cannot see. */
export function apparmorProfileOf({ apparmor, privileged }: SecurityInput, facts: Pick<HostFacts, 'apparmor' | 'rootless'>): { apparmorProfile?: string } {
  if (!facts.apparmor) return {}
  const profile = apparmor ?? (privileged ? 'unconfined' : loadedDefault())
  return profile === undefined || (facts.rootless && apparmor === undefined) ? {} : { apparmorProfile: profile }
}

function loadedDefault(): string | undefined {
  let loaded: string
  try {
    loaded = readFileSync(LOADED, 'utf8')
  } catch {
    return undefined
  }
  return DEFAULT_PROFILES.find((name) => loaded.split('\n').some((line) => line.startsWith(`${name} (`)))
}
