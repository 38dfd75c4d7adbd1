export interface VolumeRecord {
  name: string
  driver: string
  createdAt: string
  labels: Record<string, string>
  /** Of the driver: `type`, `o` and `device` as mount(8) has them. */
  options: Record<string, string>
  anonymous: boolean
  /** What was given, and empty: inspect gives it back so, and not as null. */
  givenEmpty?: ('labels' | 'options')[]
  /** Made for a container that may not have been recorded yet. */
  tied?: boolean
  /** Being made or removed. */
  unfinished?: boolean
}

export interface VolumeRequest {
  name?: string
  driver?: string
  driverOptions?: Record<string, string>
  labels?: Record<string, string>
  tied?: boolean
}
