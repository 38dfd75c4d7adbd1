import type { Volumes } from '../../services/volumes/volumes.ts'

export type VolumesApiNeeds = Pick<
  Volumes,
  'ensure' | 'get' | 'list' | 'remove' | 'prune' | 'mountpoint' | 'listFiles' | 'readFile' | 'writeFile' | 'makeFolder' | 'removeFile' | 'renameFile' | 'readArchive' | 'writeArchive'
>
