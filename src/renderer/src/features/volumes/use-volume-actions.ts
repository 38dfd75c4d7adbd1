import { Archive, Copy, Eraser, FolderOpen, Trash2 } from 'lucide-vue-next'
import { useI18n } from 'vue-i18n'
import { useRoute, useRouter } from 'vue-router'
import type { VolumeSummary } from '#shared/contract/volumes.ts'
import { isEngineError } from '#shared/errors.ts'
import { useBulkRemove } from '../../composables/use-bulk-remove.ts'
import { useEngine } from '../../composables/use-engine.ts'
import { useFormats } from '../../composables/use-formats.ts'
import { usePathPicker } from '../../composables/use-path-picker.ts'
import { useQuestions } from '../../stores/questions.ts'
import { useToasts } from '../../stores/toasts.ts'
import { useWork } from '../../stores/work.ts'
import { useCopies } from '../connections/use-copies.ts'
import type { MenuAction } from '../../ui/menu.ts'
import { useVolumeSizes } from './use-volume-sizes.ts'
import { useVolumeUsers } from './use-volume-users.ts'
import { withoutDialog, type VolumeDialog } from './volume-dialogs.ts'

/** What can be done with volumes: asked where something is lost, told when refused. */
export function useVolumeActions() {
  const copies = useCopies()
  const engine = useEngine()
  const works = useWork()
  const toasts = useToasts()
  const questions = useQuestions()
  const route = useRoute()
  const router = useRouter()
  const bulkRemove = useBulkRemove()
  const pickPath = usePathPicker()
  const usersOf = useVolumeUsers()
  const { count } = useVolumeSizes()
  const { bytes } = useFormats()
  const { t } = useI18n()

  const ask = (dialog: VolumeDialog, name = '') => void router.push({ path: route.path, query: { ...withoutDialog(route.query), [dialog]: name } })

  function remove(some: readonly VolumeSummary[]): Promise<boolean> {
    const names = some.map(({ name }) => name)
    const users = [...new Set(names.flatMap(usersOf))]
    const text = users.length > 0 ? t('volumes.remove.used', { names: users.slice(0, 5).join(', ') }) : undefined
    return bulkRemove({ noun: 'volumes', names, text, blocked: names.every((name) => usersOf(name).length > 0), call: () => engine.volumes.remove({ names }) })
  }

  async function empty({ name }: VolumeSummary): Promise<void> {
    const users = usersOf(name)
    const answer = await questions.ask({
      title: t('volumes.emptying.title', { name }),
      text: [users.length > 0 && t('volumes.emptying.used', { names: users.join(', ') }), t('volumes.emptying.lost')].filter(Boolean).join(' '),
      confirm: t('volumes.emptying.confirm'),
    })
    if (!answer) return
    try {
      await engine.volumes.empty({ name })
      toasts.show({ tone: 'plain', title: t('volumes.emptying.done', { name }) })
      void count()
    } catch (error) {
      toasts.refused(t('volumes.emptying.failed', { name }), error)
    }
  }

  async function backup({ name }: VolumeSummary): Promise<void> {
    const day = new Date().toISOString().slice(0, 10)
    const filters = [{ name: t('volumes.backup.files'), extensions: ['gz', 'zst'] }]
    const target = await pickPath({ kind: 'save', title: t('volumes.backup.title', { name }), suggested: `${name}-${day}.tar.gz`, filters })
    if (target === undefined) return
    const compression = /zst$/i.test(target) ? 'zstd' : 'gzip'
    const { done } = works.begin('backup', name, (options) => engine.volumes.backup({ name, target, compression }, options))
    await done.then(
      ({ bytes: size }) => toasts.show({ tone: 'plain', title: t('volumes.backup.done', { name }), text: t('volumes.backup.where', { path: target, size: bytes(size) }) }),
      (error: unknown) => isEngineError(error, 'cancelled') || toasts.refused(t('volumes.backup.failed', { name }), error),
    )
  }

  const menuFor = (volume: VolumeSummary): MenuAction[] => [
    { id: 'files', label: t('volumes.tabs.files'), icon: FolderOpen, run: () => void router.push(`/volumes/${volume.name}/files`) },
    { id: 'backup', label: t('volumes.backup.menu'), icon: Archive, separated: true, run: () => void backup(volume) },
    { id: 'clone', label: t('volumes.clone.menu'), icon: Copy, run: () => ask('clone', volume.name) },
    ...copies.menuLine({ kind: 'volume', id: volume.name, name: volume.name }),
    { id: 'empty', label: t('volumes.emptying.menu'), icon: Eraser, separated: true, danger: true, run: () => void empty(volume) },
    { id: 'remove', label: t('volumes.remove.verb'), icon: Trash2, keys: 'del', danger: true, run: () => void remove([volume]) },
  ]
  return { ask, remove, empty, backup, menuFor }
}
