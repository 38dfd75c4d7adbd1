import type { DiffId } from './digest.ts'

/** OCI image-spec config.md with Docker's additions (Healthcheck, OnBuild, Shell). Durations in nanoseconds. */
export interface ImageConfig {
  architecture: string
  os: string
  variant?: string
  'os.version'?: string
  created?: string
  author?: string
  config?: ContainerDefaults
  rootfs: { type: 'layers'; diff_ids: DiffId[] }
  history?: HistoryEntry[]
  /** Docker's: how the image was committed. */
  docker_version?: string
  comment?: string
}

export interface HistoryEntry {
  created?: string
  created_by?: string
  author?: string
  comment?: string
  empty_layer?: boolean
}

/** What a container started from the image does unless told otherwise. */
export interface ContainerDefaults {
  User?: string
  Env?: string[]
  Entrypoint?: string[] | null
  Cmd?: string[] | null
  ArgsEscaped?: boolean
  WorkingDir?: string
  Labels?: Record<string, string> | null
  Volumes?: Record<string, object> | null
  ExposedPorts?: Record<string, object> | null
  StopSignal?: string
  StopTimeout?: number
  Healthcheck?: Healthcheck
  OnBuild?: string[] | null
  Shell?: string[] | null
}

/** Durations in nanoseconds, as Docker stores them; 0 or absent means inherit. */
export interface Healthcheck {
  Test?: string[]
  Interval?: number
  Timeout?: number
  StartPeriod?: number
  StartInterval?: number
  Retries?: number
}
