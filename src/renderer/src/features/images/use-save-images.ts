import { useI18n } from 'vue-i18n'
import type { ImageSummary } from '#shared/contract/images.ts'
import { isEngineError } from '#shared/errors.ts'
import { useEngine } from '../../composables/use-engine.ts'
import { useFormats } from '../../composables/use-formats.ts'
import { usePathPicker } from '../../composables/use-path-picker.ts'
import { useToasts } from '../../stores/toasts.ts'
import { useWork } from '../../stores/work.ts'
import { imageName } from './local-image.ts'

/** Saves images into one archive, whose place is asked for; it goes on in the status line. */
export function useSaveImages() {
  const { t } = useI18n()
  const { bytes } = useFormats()
  const engine = useEngine()
  const works = useWork()
  const toasts = useToasts()
  const pickPath = usePathPicker()

  return async (images: readonly ImageSummary[]): Promise<void> => {
    const first = images[0]
    if (!first) return
    const suggested = images.length > 1 ? 'images.tar' : `${imageName(first).replace(/[^\w.-]+/g, '-')}.tar`
    const path = await pickPath({ kind: 'save', title: t('images.save.title'), suggested })
    if (path === undefined) return
    const subject = images.length > 1 ? t('images.save.several', images.length) : imageName(first)
    try {
      const saved = await works.begin('save', subject, (options) => engine.images.save({ ids: images.map((image) => image.tags[0] ?? image.id), path }, options)).done
      toasts.show({ tone: 'plain', title: t('images.save.done', { name: subject }), text: t('images.save.where', { path, size: bytes(saved.bytes) }) })
    } catch (error) {
      if (!isEngineError(error, 'cancelled')) toasts.refused(t('images.save.failed', { name: subject }), error)
    }
  }
}
