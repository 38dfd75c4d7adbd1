import type { CanvasScene } from './canvas.ts'
import { neighbour, type Box, type Point } from './canvas-layout.ts'
import type { CanvasMenus } from './use-canvas-menus.ts'

interface CanvasKeys {
  scene: CanvasScene
  stops: () => ReadonlyMap<string, Box>
  menus: CanvasMenus
  bringIntoView: (id: string) => void
  menu: (id: string | undefined, event: KeyboardEvent) => void
  /** Where a thing is on the screen. */
  point: (id: string) => DOMRect | undefined
  /** Plain keys that need nothing under the cursor. */
  deeds: Record<string, () => void>
}

/** The canvas by keyboard: arrows go from thing to thing, and whatever the hand can do has a key. */
export function canvasKeys({ scene, stops, menus, bringIntoView, menu, point, deeds }: CanvasKeys): (event: KeyboardEvent) => void {
  const go = (id: string | undefined) => {
    if (id === undefined) return
    scene.cursor.value = id
    bringIntoView(id)
  }
  const below = (id: string): Point => {
    const box = point(id)
    return box ? { x: box.left + 24, y: box.bottom } : { x: 0, y: 0 }
  }
  const first = () => scene.open.value ?? scene.model.value.lanes[0]?.id

  return (event) => {
    if ((event.target as HTMLElement).closest('input, textarea, button, a') || event.altKey) return
    const at = scene.cursor.value
    const { key } = event
    if (event.ctrlKey || event.metaKey) {
      if (key.toLowerCase() !== 'z') return
      menus.takeBack()
    } else if (key.startsWith('Arrow')) go(at === undefined ? first() : neighbour(stops(), at, key))
    else if (key === 'Home') go([...stops().keys()][0])
    else if (key === 'End') go([...stops().keys()].at(-1))
    else if (key === 'Escape' && at !== undefined) scene.cursor.value = undefined
    else if (key === 'Enter' && at !== undefined) scene.show(at)
    else if (key === 'c' && at !== undefined) menus.connectFrom(at, below(at))
    else if ((key === 'Delete' || key === 'Backspace') && at !== undefined) menus.remove(at, (actions) => actions.length > 1 ? menu(at, event) : actions[0]?.run())
    else if (key === 'ContextMenu' || (key === 'F10' && event.shiftKey)) menu(at, event)
    else if (deeds[key]) deeds[key]()
    else return
    event.preventDefault()
    event.stopPropagation()
  }
}
