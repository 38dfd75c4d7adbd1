import { isMap, isText, mapOf, type Fields } from '#shared/json-shape.ts'
import { noSwarm } from '#shared/no-swarm.ts'
import { empty, json, type Exchange, type Reply } from '../router.ts'
import { shaped } from '../streams/fields.ts'
import type { VolumesApiNeeds } from './needs.ts'
import { volumeJson } from './wire.ts'

interface CreateBody {
  Name?: string
  Driver?: string
  DriverOpts?: Record<string, string> | null
  Labels?: Record<string, string> | null
  ClusterVolumeSpec?: object | null
}

const CREATE: Fields = [
  [isText, 'Name Driver'],
  [mapOf(isText), 'DriverOpts Labels'],
  [isMap, 'ClusterVolumeSpec'],
]

const nameOf = ({ params }: Exchange) => params['name'] ?? ''

export const list = (needs: VolumesApiNeeds, { query }: Exchange): Reply => json({ Volumes: needs.list(query.filters()).map((record) => volumeJson(needs, record)), Warnings: null })

export const inspect = (needs: VolumesApiNeeds, exchange: Exchange): Reply => json(volumeJson(needs, needs.get(nameOf(exchange))))

export async function create(needs: VolumesApiNeeds, exchange: Exchange): Promise<Reply> {
  const { Name, Driver, DriverOpts, Labels, ClusterVolumeSpec } = shaped(CREATE, await exchange.json<CreateBody>())
  if (ClusterVolumeSpec) throw noSwarm()
  const { name } = await needs.ensure({ name: Name, driver: Driver, driverOptions: DriverOpts ?? undefined, labels: Labels ?? undefined })
  return json(volumeJson(needs, needs.get(name)), 201)
}

export async function remove(needs: VolumesApiNeeds, exchange: Exchange): Promise<Reply> {
  await needs.remove(nameOf(exchange), { force: exchange.query.flag('force') })
  return empty()
}

/** Before API 1.42 prune took named ones too. */
export async function prune(needs: VolumesApiNeeds, { query, apiVersion }: Exchange): Promise<Reply> {
  const filters = query.filters()
  const { names, reclaimed } = await needs.prune(apiVersion < 42 ? { all: ['true'], ...filters } : filters)
  return json({ VolumesDeleted: names, SpaceReclaimed: reclaimed })
}
