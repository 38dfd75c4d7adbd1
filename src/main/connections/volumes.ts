import type { Contract, Implementation } from '#shared/contract/contract.ts'
import type { Connection } from './connection.ts'
import { each } from './each.ts'
import type { Operation } from './operation.ts'
import { readVolume, type WireVolume } from './wire/volume.ts'

export function volumesOf({ api, mirror }: Pick<Connection, 'api' | 'mirror'>): Implementation<Contract, Operation>['volumes'] {
  return {
    list: async () => mirror.items().volumes,
    async create({ name, driver, driverOptions, labels }, { signal }) {
      const body = { Name: name, Driver: driver, DriverOpts: driverOptions, Labels: labels }
      return readVolume(await api.json<WireVolume>('POST', '/volumes/create', { body, signal }))
    },
    remove: ({ names, force }) => each(names, (name) => api.json('DELETE', `/volumes/${encodeURIComponent(name)}`, { query: { force } })),
    async inspect({ name }, { signal }) {
      const wire = await api.json<WireVolume>('GET', `/volumes/${encodeURIComponent(name)}`, { signal })
      return { ...readVolume(wire), raw: wire }
    },
  }
}
