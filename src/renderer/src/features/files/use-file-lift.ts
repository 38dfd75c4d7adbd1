import { onScopeDispose } from 'vue'
import { useI18n } from 'vue-i18n'
import type { FileEntry, FilePlace } from '#shared/contract/files.ts'
import { isEngineError } from '#shared/errors.ts'
import { useEngine } from '../../composables/use-engine.ts'
import { useAppFacts } from '../../composables/use-external.ts'
import { useEngineState } from '../../stores/engine-state.ts'
import { useToasts } from '../../stores/toasts.ts'
import { useWork } from '../../stores/work.ts'
import { fileAddress } from './file-address.ts'
import { visibleName } from './file-names.ts'

/**
 * Files dragged out of the window. A browser fetches what it carries by itself, from an address. The desktop carries files of this machine:
 * they are fetched first, and what takes longer than the hand holds on is there for the next time it drags the same.
 */
export function useFileLift(place: () => FilePlace, at: (name: string) => string): (event: DragEvent, entries: readonly FileEntry[]) => void {
  const engine = useEngine()
  const store = useEngineState()
  const works = useWork()
  const toasts = useToasts()
  const facts = useAppFacts()
  const { t } = useI18n()
  /** Where on this machine, by what it was when it was fetched. */
  const ready = new Map<string, string>()
  const keyOf = ({ name, size, modifiedAt }: FileEntry) => `${at(name)} ${size} ${modifiedAt}`
  let holds = false
  const letGo = () => (holds = false)
  document.addEventListener('pointerup', letGo, true)
  document.addEventListener('mouseup', letGo, true)
  onScopeDispose(() => {
    document.removeEventListener('pointerup', letGo, true)
    document.removeEventListener('mouseup', letGo, true)
  })

  async function lift(entries: readonly FileEntry[]): Promise<string[]> {
    const missing = entries.filter((entry) => !ready.has(keyOf(entry)))
    if (missing.length > 0) {
      const names = missing.map(({ name }) => visibleName(name)).join(', ')
      const { paths } = await works.begin('download', names, (options) => engine.files.lift({ place: place(), paths: missing.map(({ name }) => at(name)) }, options)).done
      missing.forEach((entry, index) => ready.set(keyOf(entry), paths[index] ?? ''))
    }
    return entries.flatMap((entry) => ready.get(keyOf(entry)) ?? [])
  }
  async function carry(entries: readonly FileEntry[]): Promise<void> {
    try {
      const paths = await lift(entries)
      if (holds) await engine.app.startDrag({ paths })
      else toasts.show({ tone: 'plain', title: t('files.lifted', { name: entries.map(({ name }) => visibleName(name)).join(', ') }) })
    } catch (error) {
      if (!isEngineError(error, 'cancelled')) toasts.refused(t('files.failed.download'), error)
    }
  }

  return (event, entries) => {
    const [first] = entries
    if (!first) return
    if (facts.value?.shell === 'electron') {
      event.preventDefault()
      holds = true
      return void carry(entries)
    }
    // Of several a browser carries one.
    const { name, address } = fileAddress(location.origin, store.connectionId ?? '', place(), at(first.name), first.kind === 'directory')
    event.dataTransfer?.setData('DownloadURL', `application/octet-stream:${name}:${address}`)
    if (event.dataTransfer) event.dataTransfer.effectAllowed = 'copy'
  }
}
