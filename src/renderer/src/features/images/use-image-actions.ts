import { Copy, Play, Save, Tag, Trash2, Upload } from 'lucide-vue-next'
import { computed } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'
import type { ContainerSummary } from '#shared/contract/containers.ts'
import type { ImageSummary } from '#shared/contract/images.ts'
import { copyText } from '../../composables/clipboard.ts'
import { useBulkRemove } from '../../composables/use-bulk-remove.ts'
import { useEngine } from '../../composables/use-engine.ts'
import { useFormats } from '../../composables/use-formats.ts'
import { useEngineState } from '../../stores/engine-state.ts'
import { useCopies } from '../connections/use-copies.ts'
import type { MenuAction } from '../../ui/menu.ts'
import { imageName } from './local-image.ts'
import { useSaveImages } from './use-save-images.ts'

/** What can be done with images, and who uses them. */
export function useImageActions() {
  const copies = useCopies()
  const engine = useEngine()
  const store = useEngineState()
  const bulkRemove = useBulkRemove()
  const router = useRouter()
  const { bytes } = useFormats()
  const { t } = useI18n()
  const save = useSaveImages()
  const ask = (query: Record<string, string>) => void router.push({ path: router.currentRoute.value.path, query: { ...router.currentRoute.value.query, ...query } })

  const users = computed(() => Map.groupBy(store.containers.list, ({ imageId }) => imageId as string))
  const usersOf = ({ id }: ImageSummary): readonly ContainerSummary[] => users.value.get(id) ?? []
  const run = (image: ImageSummary) => void router.push({ path: '/containers', query: { run: imageName(image) } })

  /** An image with several names loses them one by one; it goes with the last. An image in use may lose all but its last. */
  function remove(some: readonly ImageSummary[]): Promise<boolean> {
    const one = some.length === 1 ? some[0] : undefined
    const size = bytes(some.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0))
    const used = [...new Set(some.flatMap(usersOf).map(({ name }) => name))]
    const text = [
      used.length === 0 && one && one.tags.length > 1 && t('images.remove.names', { names: one.tags.join(', ') }),
      used.length > 0 ? t('images.remove.used', { names: used.slice(0, 5).join(', ') }) : t('images.remove.size', { size }),
    ]
    const ids = some.flatMap(({ id, tags }) => (tags.length > 0 ? tags : [id]))
    return bulkRemove({ noun: 'images', names: some.map(imageName), subjects: ids.map((id) => id.replace(/^sha256:(.{12}).*/, '$1')), text: text.filter(Boolean).join(' '), blocked: used.length > 0 && some.every((image) => usersOf(image).length > 0), call: () => engine.images.remove({ ids }) })
  }

  function menuFor(image: ImageSummary): MenuAction[] {
    return [
      { id: 'run', label: t('images.run'), icon: Play, run: () => run(image) },
      { id: 'push', label: t('images.push.action'), icon: Upload, separated: true, run: () => ask({ push: imageName(image) }) },
      { id: 'tag', label: t('images.tag.action'), icon: Tag, run: () => ask({ tag: image.id }) },
      ...copies.menuLine({ kind: 'image', id: image.id, name: imageName(image) }),
      { id: 'save', label: t('images.save.action'), icon: Save, run: () => void save([image]) },
      { id: 'copy', label: t('images.copyName'), icon: Copy, run: () => void copyText(imageName(image)) },
      { id: 'remove', label: t('images.remove.verb'), icon: Trash2, keys: 'del', danger: true, separated: true, run: () => void remove([image]) },
    ]
  }
  return { usersOf, run, save, remove, menuFor }
}
