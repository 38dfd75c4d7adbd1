import { createHash, randomUUID } from 'node:crypto'
import type { MetadataStore } from './core/metadata/metadata-store.ts'
import type { Layout } from './layout.ts'

/** Made once for a data root; `ID` of `docker info`. */
export function engineIdentity(metadata: MetadataStore): string {
  const records = metadata.collection<{ id: string }>('engine')
  const known = records.find('identity')
  if (known) return known.id
  const id = randomUUID()
  records.put('identity', { id })
  return id
}

/** Several engines may run on one machine, each on its own roots: bridges and firewall tables are told apart by this. Empty for the machine's own. */
export const networkInstance = ({ runRoot }: Pick<Layout, 'runRoot'>): string => (runRoot === '/run/slipway' ? '' : createHash('sha256').update(runRoot).digest('hex').slice(0, 4))
