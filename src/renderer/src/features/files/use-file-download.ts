import { useI18n } from 'vue-i18n'
import type { FileEntry, FilePlace } from '#shared/contract/files.ts'
import { isEngineError } from '#shared/errors.ts'
import { useEngine } from '../../composables/use-engine.ts'
import { useAppFacts } from '../../composables/use-external.ts'
import { usePathPicker } from '../../composables/use-path-picker.ts'
import { useToasts } from '../../stores/toasts.ts'
import { useWork } from '../../stores/work.ts'
import { visibleName } from './file-names.ts'
import { readBytes } from './read-bytes.ts'

/** To a file the desktop's user chose; in a browser, as the browser saves what it downloads. */
export function useFileDownload(place: () => FilePlace, at: (name: string) => string): (entries: readonly FileEntry[]) => Promise<void> {
  const engine = useEngine()
  const works = useWork()
  const toasts = useToasts()
  const facts = useAppFacts()
  const pickPath = usePathPicker()
  const { t } = useI18n()
  const refused = (error: unknown) => void (isEngineError(error, 'cancelled') || toasts.refused(t('files.failed.download'), error))

  async function download(entries: readonly FileEntry[]): Promise<void> {
    const [first] = entries
    if (!first) return
    const single = entries.length === 1 && first.kind !== 'directory'
    const name = single ? first.name : `${entries.length === 1 ? first.name : 'files'}.tar`
    if (facts.value?.shell === 'browser') {
      for (const entry of entries) await downloadInBrowser(entry)
      return
    }
    const target = await pickPath({ kind: 'save', title: t('files.downloadTitle', { name: visibleName(name) }), suggested: name })
    if (target === undefined) return
    const paths = entries.map((entry) => at(entry.name))
    await works.begin('download', visibleName(name), (options) => engine.files.save({ place: place(), paths, target }, options)).done.then(() => toasts.show({ tone: 'plain', title: t('files.saved', { path: target }) }), refused)
  }

  async function downloadInBrowser(entry: FileEntry): Promise<void> {
    const as = entry.kind === 'directory' ? 'archive' : 'content'
    const request = { place: place(), path: at(entry.name), as } as const
    const total = as === 'content' ? entry.size : undefined
    const { done } = works.begin('download', visibleName(entry.name), ({ signal, onProgress }) => readBytes(engine, request, { signal, onBytes: (current) => onProgress?.({ kind: 'bytes', current, ...(total !== undefined && { total }) }) }))
    await done.then(({ parts }) => saveBlob(as === 'archive' ? `${entry.name}.tar` : entry.name, new Blob(parts)), refused)
  }
  return download
}

function saveBlob(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
