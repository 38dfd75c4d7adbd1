import type { Contract, Implementation } from '#shared/contract/contract.ts'
import { backupVolume, restoreVolume } from './backup.ts'
import { each } from './each.ts'
import { withFiles, type FilesConnection } from './files/access.ts'
import type { Operation } from './operation.ts'
import { cloneVolume, emptyVolume } from './volume-content.ts'
import { readVolume, type WireVolume } from './wire/volume.ts'

export function volumesOf(connection: FilesConnection): Implementation<Contract, Operation>['volumes'] {
  const { api, mirror } = connection
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
    async sizes(_request, { signal }) {
      const { Volumes } = await api.json<{ Volumes?: { Name: string; UsageData?: { Size: number } | null }[] | null }>('GET', '/system/df', { query: { type: 'volume' }, signal })
      return Object.fromEntries((Volumes ?? []).flatMap(({ Name, UsageData }) => (UsageData && UsageData.Size >= 0 ? [[Name, UsageData.Size]] : [])))
    },
    clone: ({ name, to }, operation) => cloneVolume(connection, name, to, operation),
    empty: ({ name }, { signal }) => withFiles(connection, { kind: 'volume', name }, signal, (files) => emptyVolume(connection, name, files, signal)),
    backup: (request, operation) => backupVolume(connection, request, operation),
    restore: (request, operation) => restoreVolume(connection, request, operation),
  }
}
