import { readFileSync } from 'node:fs'
import { EngineError, messageOf } from '#shared/errors.ts'
import type { SharingChange } from './services/sharing/settings.ts'
import { formatAddress, readAddress } from './tcp-request.ts'

/** Serve the engine's images to others; what is said here wins, at each start, over what was saved. Paths are absolute. */
export interface RegistryRequest {
  host: string
  port: number
  push: boolean
  user?: string
  passwordFile?: string
  certificate?: string
  key?: string
}

interface Given {
  registry?: string
  registryPush?: boolean
  registryUser?: string
  registryPasswordFile?: string
  registryCert?: string
  registryKey?: string
}

/** @throws invalid-argument */
export function readRegistry({ registry, registryPush, registryUser, registryPasswordFile, registryCert, registryKey }: Given): RegistryRequest | undefined {
  const further = [registryPush, registryUser, registryPasswordFile, registryCert, registryKey]
  if (registry === undefined && further.every((one) => one === undefined)) return undefined
  if (registry === undefined) throw new EngineError('invalid-argument', 'Options of the registry were given, and no --registry.', { reason: 'registry-option', hint: 'Give --registry HOST:PORT as well.' })
  if ((registryCert === undefined) !== (registryKey === undefined)) throw new EngineError('invalid-argument', 'A certificate needs its key.', { reason: 'registry-option', hint: 'Give --registry-cert and --registry-key together.' })
  return {
    ...readAddress('--registry', registry),
    push: registryPush ?? false,
    ...(registryUser !== undefined && { user: registryUser }),
    ...(registryPasswordFile !== undefined && { passwordFile: registryPasswordFile }),
    ...(registryCert !== undefined && { certificate: registryCert }),
    ...(registryKey !== undefined && { key: registryKey }),
  }
}

export const formatRegistry = ({ host, port, push, user, passwordFile, certificate, key }: RegistryRequest): string[] => [
  ...['--registry', formatAddress(host, port)],
  ...(push ? ['--registry-push'] : []),
  ...(user === undefined ? [] : ['--registry-user', user]),
  ...(passwordFile === undefined ? [] : ['--registry-password-file', passwordFile]),
  ...(certificate === undefined ? [] : ['--registry-cert', certificate]),
  ...(key === undefined ? [] : ['--registry-key', key]),
]

/** With the texts of its files. A password ends where its line ends. @throws failed-precondition naming the file */
export function readRegistryFiles({ host, port, push, user, passwordFile, certificate, key }: RegistryRequest): SharingChange {
  return {
    on: true,
    host,
    port,
    push,
    ...(user !== undefined && { username: user }),
    ...(passwordFile !== undefined && { password: textOf(passwordFile).replace(/\r?\n$/, '') }),
    ...(certificate !== undefined && { certificate: textOf(certificate) }),
    ...(key !== undefined && { key: textOf(key) }),
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new EngineError('failed-precondition', `${path} cannot be read: ${messageOf(cause)}`, { reason: 'registry-file', cause })
  }
}
