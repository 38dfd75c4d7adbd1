import type { Contract, Implementation } from '#shared/contract/contract.ts'
import type { EditContract } from '#shared/contract/edit.ts'
import type { ContainersRequest } from '#shared/contract/containers.ts'
import type { Connection } from './connection.ts'
import { commitContainer, duplicateContainer, exportContainer, readChanges, readRecipe } from './container-copies.ts'
import { each } from './each.ts'
import type { Operation } from './operation.ts'
import { readProcesses } from './processes.ts'
import { createContainer, runContainer } from './run.ts'
import { readContainerDetail, type WireContainerDetail } from './wire/container.ts'

/** The containers of one engine. Lists come from the mirror; everything else is one call of Docker's API. */
export function containersOf({ api, mirror }: Pick<Connection, 'api' | 'mirror'>): Omit<Implementation<Contract, Operation>['containers'], keyof EditContract> {
  const post = (verb: string, { ids }: ContainersRequest, query: Record<string, string | number | boolean | undefined> = {}) =>
    each(ids, (id) => api.json('POST', `/containers/${id}/${verb}`, { query }))

  return {
    list: async () => mirror.items().containers,
    inspect: async ({ id }, { signal }) => readContainerDetail(await api.json<WireContainerDetail>('GET', `/containers/${id}/json`, { signal })),
    create: (request, operation) => createContainer(api, request, operation),
    run: (request, operation) => runContainer(api, request, operation),
    start: (request) => post('start', request),
    stop: (request) => post('stop', request, { t: request.timeoutSeconds }),
    restart: (request) => post('restart', request, { t: request.timeoutSeconds }),
    kill: (request) => post('kill', request, { signal: request.signal }),
    pause: (request) => post('pause', request),
    unpause: (request) => post('unpause', request),
    remove: ({ ids, force, anonymousVolumes }) => each(ids, (id) => api.json('DELETE', `/containers/${id}`, { query: { force, v: anonymousVolumes } })),
    async rename({ id, name }) {
      await api.json('POST', `/containers/${id}/rename`, { query: { name } })
    },
    top: ({ id }, { signal }) => readProcesses(api, id, signal),
    changes: ({ id }, { signal }) => readChanges(api, id, signal),
    commit: (request, operation) => commitContainer(api, request, operation),
    export: (request, operation) => exportContainer(api, request, operation),
    duplicate: (request, operation) => duplicateContainer(api, request, operation),
    recipe: (request, { signal }) => readRecipe(api, request, signal),
  }
}
