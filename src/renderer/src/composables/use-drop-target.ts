import { onBeforeUnmount, ref, type Ref } from 'vue'

/** What was dropped from the file manager: each with its place on the machine where the shell can tell, else only what is in it. */
export interface Dropped {
  name: string
  /** Undefined in a browser. */
  path: string | undefined
  kind: 'file' | 'folder'
  /** Its content; for a folder an entry that can be walked. */
  file: File | undefined
  entry: FileSystemEntry | undefined
}

const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false

function readDropped(event: DragEvent): Dropped[] {
  return [...(event.dataTransfer?.items ?? [])].filter(({ kind }) => kind === 'file').map((item) => {
    const entry = item.webkitGetAsEntry() ?? undefined
    const file = item.getAsFile() ?? undefined
    const path = (file && window.slipway?.pathOfFile?.(file)) || undefined
    return { name: file?.name ?? entry?.name ?? '', path, kind: entry?.isDirectory ? 'folder' : 'file', file, entry }
  })
}

export interface DropTarget {
  /** Files hover over it: draw a DropOverlay. */
  over: Readonly<Ref<boolean>>
  /** For `v-on`. */
  on: Record<'dragenter' | 'dragover' | 'dragleave' | 'drop', (event: DragEvent) => void>
}

/**
 * Makes an element take files and folders from the file manager. Targets nest: the innermost one that takes has them. What may be dropped is said by
 * `accepts` while it hovers; what it is can be seen only once dropped.
 */
export function useDropTarget(onDrop: (dropped: Dropped[], event: DragEvent) => void, accepts: (event: DragEvent) => boolean = () => true): DropTarget {
  const over = ref(false)
  let rest: ReturnType<typeof setTimeout> | undefined

  /** Leaving a child says the same as leaving the whole; dragover, which goes on every few milliseconds, says otherwise. */
  function hold(event: DragEvent) {
    if (!hasFiles(event) || event.defaultPrevented) return
    if (!accepts(event)) return void (over.value = false)
    event.preventDefault()
    if (event.dataTransfer) event.dataTransfer.dropEffect = 'copy'
    over.value = true
    clearTimeout(rest)
    rest = setTimeout(() => (over.value = false), 400)
  }
  function leave(event: DragEvent) {
    const inside = event.currentTarget instanceof Node && event.relatedTarget instanceof Node && event.currentTarget.contains(event.relatedTarget)
    if (!inside) over.value = false
  }
  function drop(event: DragEvent) {
    over.value = false
    if (!hasFiles(event) || event.defaultPrevented || !accepts(event)) return
    event.preventDefault()
    const dropped = readDropped(event)
    if (dropped.length > 0) onDrop(dropped, event)
  }
  onBeforeUnmount(() => clearTimeout(rest))
  return { over, on: { dragenter: hold, dragover: hold, dragleave: leave, drop } }
}
