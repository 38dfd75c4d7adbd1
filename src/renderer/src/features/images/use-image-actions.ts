import { Copy, Play, Trash2 } from 'lucide-vue-next'
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
import type { MenuAction } from '../../ui/menu.ts'
import { imageName } from './local-image.ts'

/** What can be done with images, and who uses them. */
export function useImageActions() {
  const engine = useEngine()
  const store = useEngineState()
  const bulkRemove = useBulkRemove()
  const router = useRouter()
  const { bytes } = useFormats()
  const { t } = useI18n()

  const users = computed(() => Map.groupBy(store.containers.list, ({ imageId }) => imageId as string))
  const usersOf = ({ id }: ImageSummary): readonly ContainerSummary[] => users.value.get(id) ?? []
  const run = (image: ImageSummary) => void router.push({ path: '/containers', query: { run: imageName(image) } })

  function remove(some: readonly ImageSummary[]): Promise<boolean> {
    const size = some.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    const used = new Set(some.flatMap(usersOf).map(({ name }) => name))
    const text = [t('images.remove.size', { size: bytes(size) }), used.size > 0 && t('images.remove.used', { names: [...used].slice(0, 5).join(', ') }, used.size)].filter(Boolean).join(' ')
    // An id with several tags is refused without force; each tag is taken away in turn by name, the last one removes the image.
    const ids = some.flatMap((image) => (image.tags.length > 0 ? image.tags : [image.id]))
    return bulkRemove({ noun: 'images', names: ids.map((id) => id.replace(/^sha256:(.{12}).*/, '$1')), text, call: () => engine.images.remove({ ids, force: false }) })
  }

  function menuFor(image: ImageSummary): MenuAction[] {
    return [
      { id: 'run', label: t('images.run'), icon: Play, run: () => run(image) },
      { id: 'copy', label: t('images.copyName'), icon: Copy, run: () => void copyText(imageName(image)) },
      { id: 'remove', label: t('images.remove.verb'), icon: Trash2, keys: 'del', danger: true, separated: true, run: () => void remove([image]) },
    ]
  }
  return { usersOf, run, remove, menuFor }
}
