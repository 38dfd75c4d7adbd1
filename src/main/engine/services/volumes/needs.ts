/** What volumes require of their siblings; engine/index.ts fills it in. */
export interface VolumesNeeds {
  /** Containers whose record mentions the volume, running or not. */
  containersUsing(volume: string): readonly { id: string; running: boolean }[]
}
