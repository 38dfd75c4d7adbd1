import type { VolumeSummary } from '#shared/contract/volumes.ts'

/** GET /volumes (in `Volumes`) and /volumes/{name}. */
export interface WireVolume {
  Name: string
  Driver: string
  Mountpoint: string
  CreatedAt?: string
  Labels?: Record<string, string> | null
}

export const readVolume = (wire: WireVolume): VolumeSummary => ({
  name: wire.Name,
  driver: wire.Driver,
  mountpoint: wire.Mountpoint,
  ...(wire.CreatedAt && { createdAt: Date.parse(wire.CreatedAt) || 0 }),
  labels: wire.Labels ?? {},
  anonymous: Object.hasOwn(wire.Labels ?? {}, 'com.docker.volume.anonymous') || /^[0-9a-f]{64}$/.test(wire.Name),
})
