import { json, type Route } from '../router.ts'
import { registryAuthOf } from '../streams/registry-auth.ts'
import type { DistributionApiNeeds } from './needs.ts'

/** What a registry has under a name, without pulling it. */
export const distributionRoutes = (needs: DistributionApiNeeds): Route[] => [
  {
    method: 'GET',
    path: '/distribution/*name/json',
    async handle(exchange) {
      const { descriptor, platforms } = await needs.distribution(exchange.params['name'] ?? '', registryAuthOf(exchange), exchange.signal)
      return json({ Descriptor: descriptor, Platforms: platforms })
    },
  },
]
