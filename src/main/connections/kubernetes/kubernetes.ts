/** What runs here, or what a compose file says, written down for a cluster of Kubernetes. */
import { dirname } from 'node:path'
import type { Contract, Implementation } from '#shared/contract/contract.ts'
import { writeFileAtomic } from '#base/atomic-file.ts'
import { readComposeConfig } from '../compose/read-config.ts'
import type { Connection } from '../connection.ts'
import type { Operation } from '../operation.ts'
import type { Applies } from './apply/applies.ts'
import { workloadsOfCompose } from './from-compose.ts'
import { workloadsOfContainers } from './from-containers.ts'
import { manifestsOf } from './manifests.ts'

export function kubernetesOf(connection: Connection, applies: Applies): Implementation<Contract, Operation>['kubernetes'] {
  return {
    ...applies.of(connection),
    async manifests({ source }, { signal }) {
      if (source.kind === 'containers') return manifestsOf(await workloadsOfContainers(connection.api, source.containers, signal))
      return manifestsOf(await workloadsOfCompose(await readComposeConfig(connection, source.file, signal), { ...process.env, PWD: dirname(source.file) }))
    },
    // It may hold secrets.
    save: ({ text, target }) => writeFileAtomic(target, text, 0o600),
  }
}
