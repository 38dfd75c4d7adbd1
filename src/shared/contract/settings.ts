import { integer, list, nothing, oneOf, optional, record, text, truth, type Shape, type Shapes } from './shape.ts'
import { shortcutsShape, type ChosenKeys } from './shortcuts.ts'
import { EngineError } from '../errors.ts'
import { savedConnection, type SavedConnection } from './connections.ts'

/** What the user may decide. Kept by the main process; every window hears of a change. */
export interface Settings {
  appearance: 'system' | 'light' | 'dark' | 'contrast'
  language: 'system' | 'en' | 'fr'
  /** Registries asked for docker.io images before docker.io itself. Takes effect when the engine restarts. */
  registryMirrors: string[]
  /** Registries spoken to without checking a certificate, as host, host:port or network; those of this machine always are. As above. */
  insecureRegistries: string[]
  /** Where images, containers and volumes are kept; empty: where the engine has it by itself. Changed by `data.move`. */
  dataRoot: string
  /** Where they were before, and still lie. */
  formerDataRoots: string[]
  /** Subnets of networks that name none, `base=10.64.0.0/12,size=24`; none: Docker's own. Takes effect when the engine restarts, as the following. */
  addressPools: string[]
  /** Of the logs of new containers that say nothing of their own, `10m`; empty: without limit. */
  logMaxSize: string
  logMaxFiles: number
  /** For registries; empty: as the environment says. */
  httpProxy: string
  httpsProxy: string
  noProxy: string
  runtime: 'auto' | 'crun' | 'runc'
  /** What the form for a new container begins with; memory as `512m`, processors as `1.5`, empty: without limit. */
  defaultMemory: string
  defaultCpus: string
  defaultRestart: 'no' | 'on-failure' | 'always' | 'unless-stopped'
  /** Which news is told. */
  noticeCrash: boolean
  noticeUnhealthy: boolean
  noticeWork: boolean
  motion: 'system' | 'reduced'
  /** Start with the user's session. */
  openAtLogin: boolean
  /** Keep the app in the background when its last window closes. Containers go on either way. */
  stayInBackground: boolean
  /** Engines beside the app's own, in order. Changed by the calls of `connections`. */
  connections: SavedConnection[]
  /** Keys of the user's own, by command. */
  shortcuts: ChosenKeys
  /** Ask for newer releases once a day, where the app can update itself; nothing is downloaded before somebody asks. */
  checkForUpdates: boolean
  /** The first-run page was read and closed. */
  welcomed: boolean
  /** Pages the user arranged (column widths, folded groups); the renderer's own words. */
  view: Record<string, unknown>
}

export const defaultSettings: Settings = { appearance: 'system', language: 'system', registryMirrors: [], insecureRegistries: [], dataRoot: '', formerDataRoots: [], addressPools: [], logMaxSize: '', logMaxFiles: 1, httpProxy: '', httpsProxy: '', noProxy: '', runtime: 'auto', defaultMemory: '', defaultCpus: '', defaultRestart: 'no', noticeCrash: true, noticeUnhealthy: true, noticeWork: true, motion: 'system', openAtLogin: false, stayInBackground: false, connections: [], shortcuts: {}, checkForUpdates: true, welcomed: false, view: {} }

/** Where a secret is kept: sealed by the system's key store, or in a file that only this user may read. */
export type SecretPlace = 'keyring' | 'file'

export interface SettingsContract {
  get(): Promise<Settings>
  /** Only the keys given change. Resolves with the whole. */
  set(request: Partial<Settings>): Promise<Settings>
}

const matching = (pattern: RegExp, expected: string): Shape<string> => (value, field) => {
  const checked = text(2048)(value, field).trim()
  if (checked === '' || pattern.test(checked)) return checked
  throw new EngineError('invalid-argument', expected, { reason: 'bad-setting', field })
}
const place = matching(/^\//, 'A whole path is expected.')
const address = matching(/^https?:\/\/[^\s/]+/i, 'An http or https address is expected.')
const size = matching(/^[1-9]\d*(?:\.\d+)?[kmgt]?b?$/i, 'A size such as 10m is expected.')
const processors = matching(/^(?:[1-9]\d{0,3}(?:\.\d{1,2})?|0\.(?:0[1-9]|[1-9]\d?))$/, 'A number of processors such as 1.5 is expected.')

/** The same rule as the engine's: an IPv4 block that is cut into subnets no larger than itself. */
const pool: Shape<string> = (value, field) => {
  const checked = text(100)(value, field).trim()
  const [, numbers = '', own, cut] = /^base=((?:\d{1,3}\.){3}\d{1,3})\/(\d{1,2}),size=(\d{1,2})$/.exec(checked) ?? []
  if (numbers && numbers.split('.').every((number) => Number(number) < 256) && Number(own) <= Number(cut) && Number(cut) <= 29) return checked
  throw new EngineError('invalid-argument', 'An address pool is written base=10.64.0.0/12,size=24.', { reason: 'bad-setting', field })
}
/** The same rule as the engine's. */
const insecure: Shape<string> = (value, field) => {
  const checked = text(300)(value, field).trim()
  if (/^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?|\[[0-9a-f:]+\](?::\d{1,5})?|[0-9a-f.:]+\/\d{1,3})$/i.test(checked)) return checked
  throw new EngineError('invalid-argument', 'A registry is written as registry.local:5000, a network as 10.0.0.0/8.', { reason: 'bad-setting', field })
}
const anyRecord = (value: unknown): Record<string, unknown> => (typeof value === 'object' && value !== null ? { ...value } : {})

export const settingsShapes: Shapes<SettingsContract> = {
  get: nothing,
  set: record<Partial<Settings>>({
    appearance: optional(oneOf('system', 'light', 'dark', 'contrast')),
    language: optional(oneOf('system', 'en', 'fr')),
    registryMirrors: optional(list(text(2048), 20)),
    insecureRegistries: optional(list(insecure, 50)),
    dataRoot: optional(place),
    formerDataRoots: optional(list(place, 20)),
    addressPools: optional(list(pool, 50)),
    logMaxSize: optional(size),
    logMaxFiles: optional(integer(1, 1000)),
    httpProxy: optional(address),
    httpsProxy: optional(address),
    noProxy: optional(text(2048)),
    runtime: optional(oneOf('auto', 'crun', 'runc')),
    defaultMemory: optional(size),
    defaultCpus: optional(processors),
    defaultRestart: optional(oneOf('no', 'on-failure', 'always', 'unless-stopped')),
    noticeCrash: optional(truth),
    noticeUnhealthy: optional(truth),
    noticeWork: optional(truth),
    motion: optional(oneOf('system', 'reduced')),
    openAtLogin: optional(truth),
    stayInBackground: optional(truth),
    connections: optional(list(savedConnection, 100)),
    shortcuts: optional(shortcutsShape),
    checkForUpdates: optional(truth),
    welcomed: optional(truth),
    view: optional(anyRecord),
  }),
}
