import { EngineError } from '#shared/errors.ts'
import { parseSeccompProfile } from '../../core/runtime/spec/seccomp.ts'

export interface SecurityOptions {
  noNewPrivileges: boolean
  /** Undefined: the default profile. */
  seccomp: 'unconfined' | 'default' | object | undefined
  apparmor: string | undefined
  /** systempaths=unconfined: nothing masked, nothing read-only. */
  unconfinedPaths: boolean
}

/** `--security-opt` values, `name=value` or the older `name:value`. A seccomp profile comes as its JSON. @throws invalid-argument */
export function readSecurityOptions(options: readonly string[]): SecurityOptions {
  const found: SecurityOptions = { noNewPrivileges: false, seccomp: undefined, apparmor: undefined, unconfinedPaths: false }
  for (const option of options) {
    const [, name = option, value = ''] = /^([a-z-]+)[=:](.*)$/s.exec(option) ?? []
    if (name === 'no-new-privileges' && ['', 'true', 'false'].includes(value)) found.noNewPrivileges = value !== 'false'
    else if (name === 'seccomp') found.seccomp = parseSeccomp(value)
    else if (name === 'apparmor') found.apparmor = value
    else if (name === 'systempaths' && value === 'unconfined') found.unconfinedPaths = true
    else if (name !== 'label') throw new EngineError('invalid-argument', `invalid --security-opt ${/[=:]/.test(option) ? 2 : 1}: ${JSON.stringify(option)}`, { field: 'securityOpt' })
  }
  return found
}

function parseSeccomp(value: string): SecurityOptions['seccomp'] {
  if (value === 'unconfined') return value
  if (value === 'builtin' || value === '') return 'default'
  return parseSeccompProfile(value)
}
