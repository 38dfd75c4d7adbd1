import type { ITheme } from '@xterm/xterm'

const ANSI_NAMES = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const

/** Any CSS colour as #rrggbbaa: xterm reads hexadecimal only, the tokens are OKLCH. */
function hexOf(context: CanvasRenderingContext2D, css: string): string {
  context.clearRect(0, 0, 1, 1)
  context.fillStyle = css
  context.fillRect(0, 0, 1, 1)
  return `#${[...context.getImageData(0, 0, 1, 1).data].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`
}

/** The terminal's colours, read from the tokens of the page as they are now. */
export function readTerminalTheme(): ITheme {
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  if (!context) return {}
  // An element resolves what only the page knows: `CanvasText` of a contrast theme is a colour of the system.
  const probe = document.body.appendChild(document.createElement('i'))
  const token = (name: string) => {
    probe.style.color = `var(${name})`
    return hexOf(context, getComputedStyle(probe).color)
  }
  const ansi = ANSI_NAMES.flatMap((name, index) => [
    [name, token(`--ansi-${index}`)],
    [`bright${name[0]?.toUpperCase()}${name.slice(1)}`, token(`--ansi-${index + 8}`)],
  ])
  const theme = {
    ...Object.fromEntries(ansi),
    background: token('--surface'),
    foreground: token('--ink'),
    cursor: token('--accent-ink'),
    cursorAccent: token('--surface'),
    selectionBackground: token('--selected'),
  }
  probe.remove()
  return theme
}
