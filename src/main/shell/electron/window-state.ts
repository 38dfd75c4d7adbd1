import { app, screen, type BrowserWindow, type Rectangle } from 'electron'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

interface WindowState extends Partial<Rectangle> {
  width: number
  height: number
  maximized: boolean
}
const first: WindowState = { width: 1280, height: 800, maximized: false }
const path = () => join(app.getPath('userData'), 'window.json')

/** Where the window was, if that place is still on a screen. */
export function readWindowState(): WindowState {
  try {
    const state = JSON.parse(readFileSync(path(), 'utf8')) as WindowState
    const { x, y, width, height, maximized } = state
    if (![x, y, width, height].every(Number.isInteger) || width < 100 || height < 100) return first
    const { workArea } = screen.getDisplayMatching({ x: x!, y: y!, width, height })
    const isVisible = x! < workArea.x + workArea.width - 50 && x! + width > workArea.x + 50 && y! >= workArea.y - 10 && y! < workArea.y + workArea.height - 50
    return isVisible ? { x, y, width, height, maximized: maximized === true } : { width, height, maximized: maximized === true }
  } catch {
    return first
  }
}

/** Written once the window has been still for a moment, and when it closes: at once, for the app may end with its window. Of no worth after a power cut, so it is not waited for. */
export function keepWindowState(window: BrowserWindow): void {
  let timer: NodeJS.Timeout | undefined
  const save = () => {
    clearTimeout(timer)
    if (window.isDestroyed()) return
    const state: WindowState = { ...window.getNormalBounds(), maximized: window.isMaximized() }
    try {
      writeFileSync(`${path()}.tmp`, JSON.stringify(state))
      renameSync(`${path()}.tmp`, path())
    } catch {
      // A window that opens where it opened before is no reason to stop.
    }
  }
  const later = () => {
    clearTimeout(timer)
    timer = setTimeout(save, 500)
  }
  window.on('resize', later)
  window.on('move', later)
  window.on('close', save)
}
