import { list, nothing, oneOf, optional, record, text, truth, type Shapes } from './shape.ts'

/** What the user may decide. Kept by the main process; every window hears of a change. */
export interface Settings {
  appearance: 'system' | 'light' | 'dark' | 'contrast'
  language: 'system' | 'en' | 'fr'
  /** Registries asked for docker.io images before docker.io itself. Takes effect when the engine restarts. */
  registryMirrors: string[]
  /** Keep the app in the background when its last window closes. Containers go on either way. */
  stayInBackground: boolean
  /** The first-run page was read and closed. */
  welcomed: boolean
  /** Pages the user arranged (column widths, folded groups); the renderer's own words. */
  view: Record<string, unknown>
}

export const defaultSettings: Settings = { appearance: 'system', language: 'system', registryMirrors: [], stayInBackground: false, welcomed: false, view: {} }

export interface SettingsContract {
  get(): Promise<Settings>
  /** Only the keys given change. Resolves with the whole. */
  set(request: Partial<Settings>): Promise<Settings>
}

const anyRecord = (value: unknown): Record<string, unknown> => (typeof value === 'object' && value !== null ? { ...value } : {})

export const settingsShapes: Shapes<SettingsContract> = {
  get: nothing,
  set: record<Partial<Settings>>({
    appearance: optional(oneOf('system', 'light', 'dark', 'contrast')),
    language: optional(oneOf('system', 'en', 'fr')),
    registryMirrors: optional(list(text(2048), 20)),
    stayInBackground: optional(truth),
    welcomed: optional(truth),
    view: optional(anyRecord),
  }),
}
