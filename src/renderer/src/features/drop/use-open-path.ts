import { watch } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRoute, useRouter } from 'vue-router'
import { useEngine } from '../../composables/use-engine.ts'
import { useToasts } from '../../stores/toasts.ts'
import { placeFor } from './drop-places.ts'

/** Opens a file or folder of the machine by what it is: a Dockerfile by Build, an archive by Images, a compose file by Compose. @throws when it cannot be looked at */
export function useOpenPath() {
  const engine = useEngine()
  const router = useRouter()
  const toasts = useToasts()
  const { t } = useI18n()
  return async (path: string, { replace = false } = {}): Promise<void> => {
    const place = placeFor(await engine.app.describePath({ path }))
    if (place) await router.push({ ...place, replace })
    else toasts.show({ tone: 'plain', title: t('drop.nothing', { name: path.split(/[/\\]/).at(-1) || path }), text: t('drop.nothingText') })
  }
}

/** What the desktop hands over is an address as well: `?open=` with its path. */
export function useHandedOver(): void {
  const route = useRoute()
  const router = useRouter()
  const toasts = useToasts()
  const open = useOpenPath()
  watch(
    () => route.query.open,
    async (path) => {
      if (typeof path !== 'string' || path === '') return
      try {
        await open(path, { replace: true })
      } catch (error) {
        toasts.refused(undefined, error)
      }
      const { open: left, ...query } = route.query
      if (left !== undefined) await router.replace({ query })
    },
    { immediate: true },
  )
}
