import { isText, type Fields } from '#shared/json-shape.ts'
import type { RegistryAuth } from '../../services/images/images-service.ts'
import type { Exchange } from '../router.ts'
import { shaped } from './fields.ts'

/** The JSON of X-Registry-Auth and of POST /auth. */
export interface AuthBody {
  username?: string
  password?: string
  auth?: string
  serveraddress?: string
  identitytoken?: string
  registrytoken?: string
}

export const CREDENTIALS: Fields = [[isText, 'username password auth email serveraddress identitytoken registrytoken']]

/** The X-Registry-Auth header: base64url of JSON. Like Docker, takes what cannot be read for no credentials. */
export function registryAuthOf({ request }: Pick<Exchange, 'request'>): RegistryAuth | undefined {
  const header = request.headers['x-registry-auth']
  if (typeof header !== 'string' || header === '') return undefined
  try {
    return authFrom(shaped(CREDENTIALS, JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) as AuthBody))
  } catch {
    return undefined
  }
}

export function authFrom(body: AuthBody): RegistryAuth {
  const [user, ...rest] = body.auth ? Buffer.from(body.auth, 'base64').toString('utf8').split(':') : []
  const username = body.username || user
  const password = body.password || (body.auth ? rest.join(':') : undefined)
  return {
    ...(username && { username }),
    ...(password && { password }),
    ...(body.identitytoken && { identityToken: body.identitytoken }),
    ...(body.registrytoken && { registryToken: body.registrytoken }),
    ...(body.serveraddress && { serverAddress: body.serveraddress }),
  }
}
