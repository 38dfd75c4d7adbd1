import { list, nothing, oneOf, optional, record, text, type Shape, type Shapes } from './shape.ts'
import { EngineError } from '../errors.ts'

export interface AppFacts {
  version: string
  shell: 'electron' | 'browser'
  platform: string
  /** What this shell can do; the page hides what it cannot. In a browser, copying is the page's own clipboard. */
  abilities: { choosePath: boolean; openExternal: boolean; copyText: boolean }
}

/** What is to be chosen: a file or folder that is there, or where to save. */
export interface PathChoice {
  kind: 'file' | 'folder' | 'save'
  title?: string
  /** Endings without their dot. */
  filters?: { name: string; extensions: string[] }[]
  /** Where to begin: a folder, or for `save` also the name of the file. */
  suggested?: string
}

/** A folder of the machine that Slipway itself runs on: folders first, then files, each by name. */
export interface HostFolder {
  /** Absolute; `~` was resolved. */
  path: string
  /** Undefined at the top. */
  parent?: string
  entries: HostEntry[]
  /** There are more entries than are told. */
  shortened: boolean
}
export interface HostEntry {
  name: string
  kind: 'folder' | 'file'
}

/** What a path of the machine is, and what of Slipway it could be given to. */
export interface HostPath {
  path: string
  /** That holds it. */
  folder: string
  kind: 'folder' | 'file'
  /** A Dockerfile or a folder with one; a compose file or a folder with one; an archive of images or files. */
  suits: ('build' | 'compose' | 'archive')[]
}

/** Software by others that is in the app. */
export interface Licence {
  name: string
  /** Empty where only the machine that built it knows. */
  version: string
  licence: string
  /** As it came with the software; may be empty. */
  text: string
}

export interface AppContract {
  facts(): Promise<AppFacts>
  /** By name. @throws not-found where the app was not built */
  licences(): Promise<Licence[]>
  /** http and https only. In a browser the page opens the tab itself (see renderer engine/proxy). */
  openExternal(request: { url: string }): Promise<void>
  copyText(request: { text: string }): Promise<void>
  /** On the desktop, beside the app; clicked, it opens `path`. @throws not-implemented in a browser, where the page does it. */
  notify(request: { title: string; body: string; path: string }): Promise<void>
  /** By the desktop's own dialog; undefined when the user closed it. @throws not-implemented in a browser, where the page has one (see renderer usePathPicker). */
  choosePath(request: PathChoice): Promise<string | undefined>
  /** The pointer, which holds something, carries these from now on; only what `files.lift` made. @throws not-implemented in a browser, which drags by itself */
  startDrag(request: { paths: string[] }): Promise<void>
  /** The user's home when left out; `~` and `~/…` are understood. @throws not-found, forbidden, or invalid-argument for what is no folder */
  listFolder(request: { path?: string }): Promise<HostFolder>
  /** @throws not-found, forbidden */
  describePath(request: { path: string }): Promise<HostPath>
}

/** The only kind of address that may leave the app: no other scheme, no credentials, no white space or control characters. */
export const webUrl: Shape<string> = (value, field) => {
  if (typeof value === 'string' && value.length <= 8192 && /^https?:\/\/[^\s\p{Cc}@\\/?#]+(?:[/?#][^\s\p{Cc}]*)?$/iu.test(value)) return value
  throw new EngineError('invalid-argument', 'Only http and https addresses can be opened.', { reason: 'bad-url', field })
}

export const appShapes: Shapes<AppContract> = {
  facts: nothing,
  licences: nothing,
  openExternal: record<{ url: string }>({ url: webUrl }),
  copyText: record<{ text: string }>({ text: text(10_000_000) }),
  notify: record<{ title: string; body: string; path: string }>({ title: text(300), body: text(2_000), path: text(2_000) }),
  choosePath: record<PathChoice>({
    kind: oneOf('file', 'folder', 'save'),
    title: optional(text(256)),
    filters: optional(list(record<{ name: string; extensions: string[] }>({ name: text(128), extensions: list(text(32), 32) }), 16)),
    suggested: optional(text(4096)),
  }),
  startDrag: record<{ paths: string[] }>({ paths: list(text(4096), 100) }),
  listFolder: record<{ path?: string }>({ path: optional(text(4096)) }),
  describePath: record<{ path: string }>({ path: text(4096) }),
}
