import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'
import type { BuildSummary } from '#shared/contract/builds.ts'
import { isEngineError } from '#shared/errors.ts'
import { useEngine } from '../../composables/use-engine.ts'
import { useToasts } from '../../stores/toasts.ts'
import { useWork } from '../../stores/work.ts'

/** Lists a build among the work going on, wherever the user goes meanwhile, and tells of its end where it is not in sight. */
export function useFollowedBuilds() {
  const { t } = useI18n()
  const router = useRouter()
  const engine = useEngine()
  const works = useWork()
  const toasts = useToasts()
  const isShown = ({ id }: BuildSummary) => router.currentRoute.value.path === `/build/${id}`

  return async (build: BuildSummary): Promise<void> => {
    const { work, done } = works.begin('build', build.name, (options) => engine.builds.follow({ id: build.id }, options))
    try {
      await done
      if (!isShown(build)) toasts.show({ tone: 'plain', title: t('build.done', { name: build.name }), action: { label: t('build.show'), run: () => void router.push(`/build/${build.id}`) } })
    } catch (reason) {
      // The build's own page tells it all, at the line.
      if (isShown(build) || isEngineError(reason, 'cancelled')) works.dismiss(work)
    }
  }
}
