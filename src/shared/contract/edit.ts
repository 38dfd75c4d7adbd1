/**
 * Editing an existing container. What the engine can change while it runs is changed **live**; the rest by a **recreate**: a successor is made
 * beside the old container, takes its place once it is up, and the old one is removed last. Whatever fails before that, the old one is put back as it was.
 */
import { containerSettings, type ContainerSettings } from './container-settings.ts'
import type { ContainerId } from './containers.ts'
import type { SerializedError } from './errors.ts'
import { identifier, optional, record, text, truth, type Shapes } from './shape.ts'

export interface EditableContainer {
  id: ContainerId
  settings: ContainerSettings
  /** What the container was when it was read; an edit of one that changed since is refused. */
  revision: string
  /** The image's name means another image by now: a recreate keeps the one it has, unless asked otherwise. */
  newerImage: boolean
  /** What the image itself says, so that a form can tell it from what was added. Undefined when the image is gone. */
  imageEnvironment?: string[]
  /** Why it cannot be recreated, if it cannot; live changes can be made all the same. */
  refusal?: SerializedError
}

export interface EditRequest {
  id: ContainerId
  revision: string
  settings: ContainerSettings
  /** Keeps what was written inside the container, as a new image of its own. */
  keepChanges?: boolean
  /** Takes the image that its name means now. */
  newerImage?: boolean
}

/** One setting and what becomes of it, in the words of the command line. */
export interface EditChange {
  setting: keyof ContainerSettings
  removed: string[]
  added: string[]
  /** On this engine, while it runs. */
  live: boolean
}
/** What to know before: `names` are volumes, containers or the like. */
export interface EditWarning {
  kind: 'writable-layer' | 'stops' | 'volume-let-go' | 'dynamic-port' | 'image-values' | 'newer-image'
  names: string[]
}
export interface EditPlan {
  changes: EditChange[]
  how: 'nothing' | 'live' | 'recreate'
  warnings: EditWarning[]
  refusal?: SerializedError
}

/** In order. The last three only after a failure, or when all is well. */
export type EditPhase = 'changing' | 'checking' | 'pulling' | 'keeping' | 'creating' | 'stopping' | 'starting' | 'waiting' | 'swapping' | 'removing' | 'undoing'

export interface EditedContainer {
  id: ContainerId
  name: string
  how: EditPlan['how']
}

export interface EditContract {
  editable(request: { id: ContainerId }): Promise<EditableContainer>
  planEdit(request: EditRequest): Promise<EditPlan>
  /** Progress, cancellable until the old container is removed. @throws with the old container as it was; reason `edit-not-undone` when even that failed */
  edit(request: EditRequest): Promise<EditedContainer>
}

const id = identifier<ContainerId>()
const request = record<EditRequest>({ id, revision: text(128), settings: containerSettings, keepChanges: optional(truth), newerImage: optional(truth) })
export const editShapes: Shapes<EditContract> = { editable: record<{ id: ContainerId }>({ id }), planEdit: request, edit: request }
