import { FitAddon } from '@xterm/addon-fit'
import { SearchAddon } from '@xterm/addon-search'
import { WebglAddon } from '@xterm/addon-webgl'
import { Terminal } from '@xterm/xterm'
import { copyText, readClipboard } from '../../composables/clipboard.ts'
import { onThemeChange } from '../../composables/theme.ts'
import { isMac } from '../../ui/keys.ts'
import { readTerminalTheme } from './terminal-theme.ts'

/**
 * Operating system commands that a container may print and that are not obeyed: titles (0, 1, 2), working directory (7), hyperlinks (8),
 * notifications (9, 777), colours of the terminal itself (4, 10..19, 104, 110..119), clipboard (52), shell marks (133, 633, 1337).
 * https://invisible-island.net/xterm/ctlseqs/ctlseqs.html
 */
const IGNORED_OSC = [0, 1, 2, 4, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 52, 104, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119, 133, 633, 777, 1337]

export interface SafeTerminal {
  readonly terminal: Terminal
  readonly search: SearchAddon
  /** Where it is drawn; moved into the page while it is shown, kept aside while it is not. */
  readonly element: HTMLElement
  /** Put `element` into the page before. */
  show(): void
  hide(): void
  fit(): void
  dispose(): void
}

/** A terminal that container output can draw on and nothing else. */
export function createSafeTerminal(label: string): SafeTerminal {
  const terminal = new Terminal({
    fontFamily: "'JetBrains Mono Variable', monospace",
    fontSize: 12,
    lineHeight: 1.35,
    scrollback: 10_000,
    cursorBlink: false,
    macOptionIsMeta: true,
    screenReaderMode: false,
    linkHandler: { activate: () => undefined },
    theme: readTerminalTheme(),
  })
  for (const code of IGNORED_OSC) terminal.parser.registerOscHandler(code, () => true)
  const fitting = new FitAddon()
  const search = new SearchAddon()
  terminal.loadAddon(fitting)
  terminal.loadAddon(search)
  terminal.attachCustomKeyEventHandler((event) => !ownKey(terminal, event))

  const element = document.createElement('div')
  element.className = 'h-full w-full'
  const stopTheme = onThemeChange(() => (terminal.options.theme = readTerminalTheme()))
  let webgl: WebglAddon | undefined

  const fit = () => {
    if (element.isConnected && element.clientWidth > 0) fitting.fit()
  }
  const hide = () => {
    webgl?.dispose()
    webgl = undefined
  }
  return {
    terminal,
    search,
    element,
    fit,
    hide,
    show() {
      if (!terminal.element) {
        terminal.open(element)
        terminal.textarea?.setAttribute('aria-label', label)
      }
      webgl = loadWebgl(terminal)
      fit()
    },
    dispose() {
      stopTheme()
      hide()
      terminal.dispose()
      element.remove()
    },
  }
}

/** Whether WebGL is drawn by a graphics card: in software it is slower than text nodes, which also can be selected and read aloud. */
const hasGraphicsCard = () => document.createElement('canvas').getContext('webgl2', { failIfMajorPerformanceCaveat: true }) !== null

/** Drawing by the graphics card where there is one; a page has few such contexts, so only a terminal in sight holds one. */
function loadWebgl(terminal: Terminal): WebglAddon | undefined {
  if (!hasGraphicsCard()) return undefined
  try {
    const addon = new WebglAddon()
    addon.onContextLoss(() => addon.dispose())
    terminal.loadAddon(addon)
    return addon
  } catch {
    return undefined
  }
}

/** Copy and paste as terminals have them: Ctrl+Shift+C and V, Ctrl+Insert, Shift+Insert; Command on a Mac. */
function ownKey(terminal: Terminal, event: KeyboardEvent): boolean {
  if (event.type !== 'keydown') return false
  const key = event.key.toLowerCase()
  const chord = isMac ? event.metaKey : event.ctrlKey && event.shiftKey
  if ((chord && key === 'c') || (event.ctrlKey && key === 'insert')) {
    if (terminal.hasSelection()) void copyText(terminal.getSelection())
    event.preventDefault()
    return true
  }
  if ((chord && key === 'v' && !isMac) || (event.shiftKey && key === 'insert')) {
    void readClipboard().then((text) => text && terminal.paste(text))
    event.preventDefault()
    return true
  }
  return false
}
