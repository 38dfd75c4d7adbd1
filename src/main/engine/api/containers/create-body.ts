import { EngineError } from '#shared/errors.ts'
import { isMap, mapOf, objectOf, orNull, type Fields } from '#shared/json-shape.ts'
import type { Platform } from '#shared/oci/platform.ts'
import type { ContainerConfig, EndpointSettings, HostConfig } from '../../services/containers/config.ts'
import type { CreateRequest } from '../../services/containers/create.ts'
import { CONFIG, ENDPOINT, HOST } from '../streams/container-fields.ts'
import { shaped, wordList, wrongType } from '../streams/fields.ts'

export interface CreateBody extends Omit<ContainerConfig, 'Cmd' | 'Entrypoint'> {
  Cmd?: string[] | string | null
  Entrypoint?: string[] | string | null
  HostConfig?: HostConfig | null
  NetworkingConfig?: { EndpointsConfig?: Record<string, EndpointSettings | null> | null } | null
}

const PARTS: Fields = [[isMap, 'HostConfig NetworkingConfig']]

/** Docker's create body in our words. @throws invalid-argument when a field is of the wrong kind. */
export function parseCreateBody(body: CreateBody, name: string | undefined, platform: Platform | undefined): CreateRequest {
  const { HostConfig, NetworkingConfig, ...rest } = shaped([...CONFIG, ...PARTS], body)
  const config: ContainerConfig = { ...rest, Cmd: wordList('Cmd', rest.Cmd), Entrypoint: wordList('Entrypoint', rest.Entrypoint) }
  const asked = shaped(HOST, HostConfig ?? {}, 'HostConfig.')
  const host: HostConfig = asked.Mounts ? { ...asked, Mounts: asked.Mounts.map(withoutEmpty) } : asked
  const endpoints = NetworkingConfig?.EndpointsConfig ?? {}
  if (!mapOf(orNull(objectOf(ENDPOINT)))(endpoints)) throw wrongType('NetworkingConfig.EndpointsConfig')
  for (const [network, settings] of Object.entries(endpoints)) if (settings === null) throw new EngineError('invalid-argument', `invalid config for network ${network}: EndpointsConfig is nil`, { field: 'networks' })
  return { name, platform, config, host, endpoints: endpoints as Record<string, EndpointSettings> }
}

/** What says nothing is not shown by inspect. */
function withoutEmpty<Value extends object>(given: Value): Value {
  const kept = Object.entries(given).filter(([, value]) => value !== null && value !== '' && value !== false)
  return Object.fromEntries(kept.map(([name, value]) => [name, isMap(value) ? withoutEmpty(value) : (value as unknown)])) as Value
}
