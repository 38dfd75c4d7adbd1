import { nothing, record, text, type Shapes } from './shape.ts'

/** Where the engine keeps images, containers and volumes. */
export interface DataPlace {
  path: string
  /** Why it cannot be moved from here: another program's engine, or a place that the command line fixed. */
  fixed?: 'external' | 'command-line'
  /** Places it was moved from whose data is still there. */
  former: string[]
}
export interface DataMeasure {
  bytes: number
  /** On the disk that holds it. */
  freeBytes: number
}

export interface DataContract {
  place(): Promise<DataPlace>
  /** Counts every file: takes its time with much. */
  measure(): Promise<DataMeasure>
  /**
   * Into a new folder `slipway` of that folder: copied, verified, switched to. Running containers are stopped meanwhile and started again. Whatever fails
   * leaves the old place in use. Progress, cancellable until it is switched.
   */
  move(request: { folder: string }): Promise<DataPlace>
  /** The data at a place it was moved from. */
  removeFormer(request: { path: string }): Promise<DataPlace>
}

export const dataShapes: Shapes<DataContract> = {
  place: nothing,
  measure: nothing,
  move: record<{ folder: string }>({ folder: text(4096) }),
  removeFormer: record<{ path: string }>({ path: text(4096) }),
}
