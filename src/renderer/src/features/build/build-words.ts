import { useI18n } from 'vue-i18n'
import type { BuildStep, BuildSummary } from '#shared/contract/builds.ts'
import { formatNumber } from '../../composables/formats.ts'
import type { StateLook } from '../../ui/state-look.ts'

/** How a build and its steps stand, as a shape and a word, and how long they took. */
export function useBuildWords() {
  const { t, locale } = useI18n()
  const looks: Record<BuildSummary['state']['status'], StateLook> = { running: 'starting', done: 'running', failed: 'failed', cancelled: 'exited' }
  const stepLooks: Record<BuildStep['state'], StateLook> = { running: 'starting', done: 'running', failed: 'failed', stopped: 'exited' }
  const duration = (milliseconds: number) => (milliseconds >= 60_000 ? t('build.minutes', { minutes: Math.floor(milliseconds / 60_000), seconds: Math.round((milliseconds % 60_000) / 1000) }) : t('build.seconds', { seconds: formatNumber(milliseconds / 1000, locale.value, milliseconds < 10_000 ? 1 : 0) }))
  return {
    duration,
    ofBuild: ({ state, step, steps }: BuildSummary) => ({ look: looks[state.status], word: state.status === 'running' && steps > 0 ? t('build.stepOf', { step, steps }) : t(`build.states.${state.status}`) }),
    ofStep: ({ state }: BuildStep) => ({ look: stepLooks[state], word: t(`build.stepStates.${state}`) }),
    took: ({ startedAt, state }: BuildSummary) => ('finishedAt' in state ? duration(state.finishedAt - startedAt) : ''),
  }
}
