import { EngineError } from '#shared/errors.ts'
import { DEFAULT_REGISTRY } from '#shared/oci/reference.ts'
import { authorize } from './authorization.ts'
import { parseChallenge } from './challenge.ts'
import { endpointsOf } from './endpoints.ts'
import { bodyOf, createHttp } from './http.ts'
import type { Registry, RegistryOptions } from './registry.ts'
import { loginError } from './registry-error.ts'
import { openRepository } from './repository.ts'
import { search } from './search.ts'
import { firstAnswering, Session } from './session.ts'

/** Registries over the network. @throws invalid-argument for a mirror that is no URL. */
export function createRegistry(options: RegistryOptions = {}): Registry {
  endpointsOf(DEFAULT_REGISTRY, options)
  const http = createHttp(options)
  return {
    repository(reference, auth = {}) {
      const sessions = endpointsOf(reference.registry, options).map((endpoint) => new Session(endpoint, http, options, auth))
      return openRepository(reference, sessions)
    },
    search: (term, request) => search(http, options, term, request),
    async authenticate(registry, credentials, signal) {
      const endpoints = endpointsOf(registry, options).filter(({ mirror }) => !mirror)
      if (!endpoints.every(({ origin }) => URL.canParse(`${origin}/v2/`))) throw new EngineError('invalid-argument', `${JSON.stringify(registry)} is not the address of a registry`, { reason: 'invalid-registry' })
      const shared = signal && { signal }
      return firstAnswering(
        endpoints.map((endpoint) => new Session(endpoint, http, options, credentials)),
        async ({ endpoint }) => {
          const ping = { method: 'GET' as const, url: `${endpoint.origin}/v2/`, insecure: endpoint.insecure, ...shared }
          const first = await http.send(ping)
          const challenge = parseChallenge(first.headers['www-authenticate'])
          const body = await bodyOf(first, 256 * 1024)
          if (first.status === 200) return {}
          if (first.status !== 401 || !challenge) throw new EngineError('unavailable', `${endpoint.origin} answered ${first.status} ${body.toString().slice(0, 100)}`, { reason: 'not-a-registry' })
          const { header, refreshToken } = await authorize({ http, endpoint, options, credentials, challenge, scopes: [], offline: true, ...shared })
          const second = await http.send({ ...ping, ...(header !== undefined && { headers: { authorization: header } }) })
          await bodyOf(second, 256 * 1024)
          if (second.status !== 200) throw loginError(second.status, `${endpoint.origin}/v2/`)
          return refreshToken === undefined ? {} : { identityToken: refreshToken }
        },
      )
    },
    [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
  }
}
