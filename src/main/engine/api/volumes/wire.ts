import type { VolumeRecord } from '../../services/volumes/volumes.ts'
import type { VolumesApiNeeds } from './needs.ts'

/** One volume as Docker describes it. */
export function volumeJson(needs: Pick<VolumesApiNeeds, 'mountpoint'>, record: VolumeRecord) {
  const some = (name: 'labels' | 'options') => (Object.keys(record[name]).length > 0 || record.givenEmpty?.includes(name) ? record[name] : null)
  return {
    CreatedAt: record.createdAt.replace(/\.\d+Z$/, 'Z'),
    Driver: record.driver,
    Labels: some('labels'),
    Mountpoint: needs.mountpoint(record.name),
    Name: record.name,
    Options: some('options'),
    Scope: 'local',
  }
}
