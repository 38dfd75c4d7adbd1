import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import type { Settings } from '#shared/contract/settings.ts'
import { electronBinary, projectRoot as root } from './binaries.ts'
import { launchBrowserShell } from './browser-shell.ts'
import { launchElectron } from './electron.ts'
import { launchStandIn } from './stand-in.ts'

export type ShellName = 'browser' | 'stand-in' | 'electron'

export interface LaunchOptions {
  shell: ShellName
  /** Connect to this engine; without it the app starts its own on the roots below. */
  engineSocket?: string
  /** Kept when given; otherwise temporary and removed on dispose. */
  dataRoot?: string
  runRoot?: string
  /** Of its settings and what it keeps beside them: kept when given, as `dataRoot`. */
  home?: string
  width?: number
  height?: number
  appearance?: 'light' | 'dark'
  locale?: string
  environment?: Record<string, string>
  /** Links and files that it is started to open. */
  words?: string[]
  /** As if the user had chosen them before; a data root among them takes the place of `dataRoot`. Default: the first-run page was seen. */
  settings?: Partial<Settings>
}

/** What a desktop was asked for, and how a test answers; only where the shell has a desktop. */
export interface DesktopDriver {
  /** `[what, ...arguments]`, in order. */
  records(): Promise<unknown[][]>
  answerDialog(answer: unknown): Promise<void>
  clickMenu(path: string[]): Promise<void>
  clickTray(path: string[]): Promise<void>
  /** The newest. */
  clickNotification(): Promise<void>
  /** No window of the app has the focus from now on. */
  lookAway(): Promise<void>
  /** The user starts the app, or follows a link to it, while it runs. */
  startAgain(...words: string[]): Promise<void>
  /** As macOS hands over a file that was opened with the app. */
  openFile(path: string): Promise<void>
}

export interface RunningApp extends AsyncDisposable {
  shell: ShellName
  page: Page
  /** Docker's API of the engine the app is connected to. */
  engineSocket: string
  /** Folder of its settings and of what it keeps beside them. */
  home: string
  /** Of the app's own process (not the engine's). */
  pid: number
  desktop: DesktopDriver | undefined
  /** Closes the window as a user would. In the desktop shells the app ends; resolves when it has. */
  closeWindow(): Promise<void>
}

/** What each driver is given: every path decided, and how to name the engine on the command line. */
export interface Launch extends Required<Omit<LaunchOptions, 'engineSocket' | 'dataRoot' | 'runRoot' | 'home' | 'words'>> {
  root: string
  /** Settings, window state, profile of the browser. */
  home: string
  engineSocket: string
  args: string[]
}

const drivers = { browser: launchBrowserShell, 'stand-in': launchStandIn, electron: launchElectron }

/**
 * Opens the built app (out/) in a real Chromium. The first line says which of the three shells was driven, because a stand-in
 * cannot show everything (see electron-stand-in/electron.ts).
 */
export async function launchApp(options: LaunchOptions): Promise<RunningApp> {
  if (!existsSync(join(root, 'out/main/index.js'))) throw new Error('The app is not built: run `npm run build` first.')
  console.log(`Driving the ${describe[options.shell]}`)
  await using undo = new AsyncDisposableStack()
  const home = options.home ?? (await mkdtemp(join(tmpdir(), 'slipway-app-')))
  if (options.home === undefined) undo.defer(() => rm(home, { recursive: true, force: true }))
  const launch = prepare(options, home)
  await writeFile(join(home, 'settings.json'), JSON.stringify(launch.settings))
  const app = undo.use(await drivers[options.shell](launch))
  const lifetime = undo.move()
  return { ...app, shell: options.shell, home, engineSocket: launch.engineSocket, [Symbol.asyncDispose]: () => lifetime.disposeAsync() }
}

const describe: Record<ShellName, string> = {
  browser: 'browser shell in Chromium',
  'stand-in': 'built Electron entry on the stand-in, in Chromium',
  electron: 'real Electron',
}

/** The desktop shell to drive: Electron where its binary is, else the stand-in. */
export const desktopShell = (): ShellName => (electronBinary() ? 'electron' : 'stand-in')

function prepare({ engineSocket, dataRoot, runRoot, words = [], ...options }: LaunchOptions, home: string): Launch {
  const run = runRoot ?? join(home, 'run')
  const socket = engineSocket ?? join(run, 'docker.sock')
  const engineArgs = engineSocket ? ['--engine-socket', engineSocket] : [...(options.settings?.dataRoot ? [] : ['--data-root', dataRoot ?? join(home, 'data')]), '--run-root', run, '--socket', socket]
  return { width: 1280, height: 800, appearance: 'light', locale: 'en-US', environment: {}, settings: { welcomed: true }, ...options, root, home, engineSocket: socket, args: [...engineArgs, '--settings', join(home, 'settings.json'), ...words] }
}

/** What a driver gives back; the rest is added here. */
export type DriverResult = Omit<RunningApp, 'shell' | 'engineSocket' | 'home'>
