import { useI18n } from 'vue-i18n'
import type { FileEntry, FilePlace } from '#shared/contract/files.ts'
import { isEngineError } from '#shared/errors.ts'
import { useEngine } from '../../composables/use-engine.ts'
import { errorLine } from '../../composables/use-error-words.ts'
import type { Dropped } from '../../composables/use-drop-target.ts'
import { useQuestions } from '../../stores/questions.ts'
import { useToasts } from '../../stores/toasts.ts'
import { useWork } from '../../stores/work.ts'
import { childPath, visibleName } from './file-names.ts'
import { useFileDownload } from './use-file-download.ts'
import { itemsOf, uploadItems, type UploadItem } from './upload.ts'

interface Where {
  place: () => FilePlace
  folder: () => string
  /** Something in the folder is different now. */
  changed: () => Promise<void>
}

/** What can be done with the files of a folder; what was refused is told. */
export function useFileDeeds({ place, folder, changed }: Where) {
  const at = (name: string) => childPath(folder(), name)
  const engine = useEngine()
  const works = useWork()
  const toasts = useToasts()
  const questions = useQuestions()
  const download = useFileDownload(place, at)
  const { t } = useI18n()

  const refused = (title: string) => (error: unknown) => void (isEngineError(error, 'cancelled') || toasts.show({ tone: 'error', title, text: errorLine(error) }))

  async function upload(items: readonly UploadItem[]): Promise<void> {
    const [first] = items
    if (!first) return
    const subject = visibleName(first.path.split('/')[0] ?? first.path)
    await works.begin('upload', subject, (options) => uploadItems(engine, place(), folder(), items, options)).done.then(() => toasts.show({ tone: 'plain', title: t('files.uploaded', items.filter(({ file }) => file).length) }), refused(t('files.failed.upload')))
    await changed()
  }

  /** With paths of this machine the main process copies by itself, owners of time and links included. */
  async function takeDrop(dropped: readonly Dropped[]): Promise<void> {
    const sources = dropped.flatMap(({ path }) => (path === undefined ? [] : [path]))
    if (sources.length === dropped.length) {
      const subject = dropped.length === 1 ? visibleName(dropped[0]?.name ?? '') : t('files.things', dropped.length)
      await works.begin('upload', subject, (options) => engine.files.put({ place: place(), folder: folder(), sources }, options)).done.catch(refused(t('files.failed.upload')))
      return changed()
    }
    const items: UploadItem[] = []
    for (const { entry, file, name } of dropped) items.push(...(entry ? await itemsOf(entry) : file ? [{ path: name, file }] : []))
    await upload(items)
  }

  async function remove(entries: readonly FileEntry[]): Promise<boolean> {
    const one = entries.length === 1 ? entries[0] : undefined
    const answer = await questions.ask({
      title: one ? t('files.remove.titleOne', { name: visibleName(one.name) }) : t('files.remove.titleMany', entries.length),
      text: entries.some(({ kind }) => kind === 'directory') ? t('files.remove.folders') : t('files.remove.lost'),
      lost: one ? [] : entries.map(({ name }) => visibleName(name)),
      confirm: t('files.remove.confirm', entries.length),
    })
    if (!answer) return false
    try {
      const outcomes = await engine.files.remove({ place: place(), paths: entries.map(({ name }) => at(name)) })
      for (const { id, error } of outcomes) if (error) toasts.refused(t('files.failed.remove', { name: visibleName(id) }), error)
    } catch (error) {
      refused(t('files.failed.removeSome'))(error)
    }
    await changed()
    return true
  }

  /** @throws what the dialog shows beside its field. */
  async function makeFolder(name: string): Promise<void> {
    await engine.files.makeFolder({ place: place(), path: at(name) })
    await changed()
  }
  async function rename(from: string, to: string): Promise<void> {
    await engine.files.rename({ place: place(), path: at(from), to: at(to) })
    await changed()
  }
  return { upload, takeDrop, download, remove, makeFolder, rename }
}
