import { json, type Route } from '../router.ts'
import { shaped } from '../streams/fields.ts'
import { authFrom, CREDENTIALS, type AuthBody } from '../streams/registry-auth.ts'
import type { AuthApiNeeds } from './needs.ts'

/** `docker login` asks the engine whether the registry takes the credentials; they are not kept. */
export const authRoutes = (needs: AuthApiNeeds): Route[] => [
  {
    method: 'POST',
    path: '/auth',
    async handle(exchange) {
      const { identityToken } = await needs.authenticate(authFrom(shaped(CREDENTIALS, await exchange.json<AuthBody>())), exchange.signal)
      return json({ Status: 'Login Succeeded', IdentityToken: identityToken })
    },
  },
]
