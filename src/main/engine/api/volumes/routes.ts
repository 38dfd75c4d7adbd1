import type { VolumeRecord } from '../../services/volumes/volumes.ts'
import { empty, json, type Exchange, type Reply, type Route } from '../router.ts'
import type { VolumesApiNeeds } from './needs.ts'

export function volumeRoutes(needs: VolumesApiNeeds): Route[] {
  return [
    { method: 'GET', path: '/volumes', handle: ({ query }) => json({ Volumes: needs.list(query.filters()).map((record) => volumeJson(needs, record)), Warnings: null }) },
    { method: 'POST', path: '/volumes/create', handle: (exchange) => create(needs, exchange) },
    { method: 'POST', path: '/volumes/prune', handle: (exchange) => prune(needs, exchange) },
    { method: 'GET', path: '/volumes/:name', handle: ({ params }) => json(volumeJson(needs, needs.get(params['name'] ?? ''))) },
    { method: 'DELETE', path: '/volumes/:name', handle: (exchange) => remove(needs, exchange) },
  ]
}

async function create(needs: VolumesApiNeeds, exchange: Exchange): Promise<Reply> {
  const { Name, Driver, DriverOpts, Labels } = await exchange.json<{ Name?: string; Driver?: string; DriverOpts?: Record<string, string> | null; Labels?: Record<string, string> | null }>()
  const { name } = await needs.ensure({ name: Name, driver: Driver, driverOptions: DriverOpts ?? undefined, labels: Labels ?? undefined })
  return json(volumeJson(needs, needs.get(name)), 201)
}

async function remove(needs: VolumesApiNeeds, { params, query }: Exchange): Promise<Reply> {
  await needs.remove(params['name'] ?? '', { force: query.flag('force') })
  return empty()
}

/** Before API 1.42 prune took named ones too. */
async function prune(needs: VolumesApiNeeds, { query, apiVersion }: Exchange): Promise<Reply> {
  const filters = query.filters()
  const { names, reclaimed } = await needs.prune(apiVersion < 42 ? { all: ['true'], ...filters } : filters)
  return json({ VolumesDeleted: names.length > 0 ? names : null, SpaceReclaimed: reclaimed })
}

export function volumeJson(needs: Pick<VolumesApiNeeds, 'mountpoint'>, record: VolumeRecord) {
  const some = (map: Record<string, string>) => (Object.keys(map).length > 0 ? map : null)
  return {
    CreatedAt: record.createdAt.replace(/\.\d+Z$/, 'Z'),
    Driver: record.driver,
    Labels: some(record.labels),
    Mountpoint: needs.mountpoint(record.name),
    Name: record.name,
    Options: some(record.options),
    Scope: 'local',
  }
}
