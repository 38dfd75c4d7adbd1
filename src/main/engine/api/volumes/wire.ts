import type { VolumeRecord } from '../../services/volumes/volumes.ts'
import type { VolumesApiNeeds } from './needs.ts'

/** One volume as Docker describes it. */
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
