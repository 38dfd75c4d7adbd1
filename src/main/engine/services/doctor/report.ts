/** What the doctor says. */
export interface Report {
  checked: Checked
  findings: Finding[]
}

export interface Checked {
  blobs: number
  /** Of the blobs. */
  bytes: number
  /** Snapshots of layers. */
  layers: number
  images: number
  containers: number
  volumes: number
}

export const nothingChecked = (): Checked => ({ blobs: 0, bytes: 0, layers: 0, images: 0, containers: 0, volumes: 0 })

export interface Finding {
  kind: 'database' | 'blob' | 'layer' | 'image' | 'container' | 'network' | 'volume' | 'folder' | 'leftover'
  /** A stable machine word, such as `blob-damaged`. */
  reason: string
  /** What it is about: a name, a digest, a path. */
  subject: string
  /** What is wrong, in one sentence. */
  what: string
  /** What a repair does, or what the user can do. */
  advice: string
  outcome: 'repaired' | 'repairable' | 'needs-you'
}

/** What a check finds; `repair` loses nothing. */
export type Found = Omit<Finding, 'outcome'> & { repair?: () => Promise<void> }

export type Check<Context> = (context: Context, checked: Checked, signal?: AbortSignal) => AsyncIterable<Found>
