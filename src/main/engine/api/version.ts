import { EngineError } from '#shared/errors.ts'

/** Newest and oldest Docker Engine API we speak, as minor numbers of 1.x: https://docs.docker.com/reference/api/engine/version-history/ */
export const API_MAXIMUM = 50
export const API_MINIMUM = 24

export const formatApiVersion = (minor: number): string => `1.${minor}`

export interface VersionedPath {
  path: string
  apiVersion: number
}

/** Takes `/v1.NN` off the path. @throws invalid-argument in Docker's words when the client is too old or too new. */
export function splitVersion(path: string): VersionedPath {
  const found = /^\/v(\d+(?:\.\d+)*)(\/.*)$/.exec(path)
  if (!found) return { path, apiVersion: API_MAXIMUM }
  const [, version = '', rest = ''] = found
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const order = (major - 1) * 1000 + minor
  if (order > API_MAXIMUM) throw new EngineError('invalid-argument', `client version ${version} is too new. Maximum supported API version is ${formatApiVersion(API_MAXIMUM)}`)
  if (order < API_MINIMUM) throw new EngineError('invalid-argument', `client version ${version} is too old. Minimum supported API version is ${formatApiVersion(API_MINIMUM)}, please upgrade your client to a newer version`)
  return { path: rest, apiVersion: minor }
}
