import type { ApiRequest, EngineApi } from '../engine-api.ts'
import { authHeader, configHeader, type Credentials, type RegistryAccounts } from './accounts.ts'
import { withSignIn } from './sign-in-needed.ts'

/**
 * The engine's API with the user's accounts at registries: a request that says for which registry it is (`ApiRequest.registry`) carries that account,
 * and its refusal offers to sign in there. Looked up for each request and kept nowhere: what is forgotten is not used again.
 */
export function signedApi(api: EngineApi, accounts: Pick<RegistryAccounts, 'of' | 'list'>): EngineApi {
  const sign = async (request: ApiRequest): Promise<ApiRequest> => {
    if (request.registry === undefined) return request
    const more = request.registry === 'every' ? await everyAccount(accounts) : await oneAccount(accounts, request.registry)
    return { ...request, headers: { ...request.headers, ...more } }
  }
  const offering = async <Answer>(request: ApiRequest, act: (signed: ApiRequest) => Promise<Answer>): Promise<Answer> => {
    try {
      return await act(await sign(request))
    } catch (error) {
      throw request.registry === undefined ? error : withSignIn(error, request.registry === 'every' ? undefined : request.registry)
    }
  }
  return {
    json: (method, path, request = {}) => offering(request, (signed) => api.json(method, path, signed)),
    stream: (method, path, request = {}) => offering(request, (signed) => api.stream(method, path, signed)),
    hijack: (path, request) => api.hijack(path, request),
  }
}

/** An empty object says "nobody": Docker refuses a push without the header. One that cannot be read now is as good as none: most images need no account, and the others offer to sign in. */
async function oneAccount(accounts: Pick<RegistryAccounts, 'of'>, registry: string): Promise<Record<string, string>> {
  const credentials = await accounts.of(registry).catch(() => undefined)
  return { 'X-Registry-Auth': credentials ? authHeader(registry, credentials) : 'e30=' }
}

async function everyAccount(accounts: Pick<RegistryAccounts, 'of' | 'list'>): Promise<Record<string, string>> {
  const known = await accounts.list()
  const found = await Promise.all(known.map(async ({ registry }) => [registry, await accounts.of(registry).catch(() => undefined)] as const))
  return { 'X-Registry-Config': configHeader(found.filter((one): one is [string, Credentials] => one[1] !== undefined)) }
}
