import { nothing, optional, record, text, type Shape, type Shapes } from './shape.ts'
import { EngineError } from '../errors.ts'

export interface AppFacts {
  version: string
  shell: 'electron' | 'browser'
  platform: string
  /** What this shell can do; the page hides what it cannot. In a browser, copying is the page's own clipboard. */
  abilities: { pickFolder: boolean; openExternal: boolean; copyText: boolean }
}

export interface AppContract {
  facts(): Promise<AppFacts>
  /** http and https only. In a browser the page opens the tab itself (see renderer engine/proxy). */
  openExternal(request: { url: string }): Promise<void>
  copyText(request: { text: string }): Promise<void>
  /** Undefined when the user closed the dialog. @throws not-implemented in a browser. */
  pickFolder(request: { title?: string }): Promise<string | undefined>
}

/** The only kind of address that may leave the app: no other scheme, no credentials, no white space or control characters. */
export const webUrl: Shape<string> = (value, field) => {
  if (typeof value === 'string' && value.length <= 8192 && /^https?:\/\/[^\s\p{Cc}@\\/?#]+(?:[/?#][^\s\p{Cc}]*)?$/iu.test(value)) return value
  throw new EngineError('invalid-argument', 'Only http and https addresses can be opened.', { reason: 'bad-url', field })
}

export const appShapes: Shapes<AppContract> = {
  facts: nothing,
  openExternal: record<{ url: string }>({ url: webUrl }),
  copyText: record<{ text: string }>({ text: text(10_000_000) }),
  pickFolder: record<{ title?: string }>({ title: optional(text(256)) }),
}
