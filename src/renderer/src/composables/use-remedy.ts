import { computed, type ComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRoute, useRouter, type RouteLocationRaw } from 'vue-router'
import { useEngineState } from '../stores/engine-state.ts'
import { isSerialized } from './use-error-words.ts'

export interface RemedyOffer {
  /** What its button says. */
  label: string
  run: () => void
}

/** A full disk, by whichever part met it. */
const FULL: ReadonlySet<string | undefined> = new Set(['ENOSPC', 'EDQUOT', 'file-ENOSPC', 'no-room'])

/** What is kept on the disk is not whole: the check of everything says whose it is. */
const DAMAGED: ReadonlySet<string | undefined> = new Set(['files-missing', 'volume-missing', 'no-such-blob', 'no-such-layer', 'image-damaged', 'save-cut'])

/** The deed that may mend an error, where there is one on another page. A refusal that can go on by itself after signing in has `SignInOffer` instead. */
export function useRemedy(source: () => unknown): ComputedRef<RemedyOffer | undefined> {
  const { t } = useI18n()
  const route = useRoute()
  const router = useRouter()
  const store = useEngineState()
  const runs = () => store.connection?.state.status === 'ready'
  const offer = (label: string, to: () => RouteLocationRaw): RemedyOffer => ({ label, run: () => void router.push(to()) })
  return computed(() => {
    const error = source()
    if (!isSerialized(error)) return undefined
    if (FULL.has(error.reason) && runs()) return offer(t('home.disk.clean'), () => ({ query: { ...route.query, cleanup: '' } }))
    if (DAMAGED.has(error.reason)) return offer(t('errors.remedies.checkUp'), () => '/engine')
    if (error.reason === 'port-allocated') return offer(t('errors.remedies.ports'), () => '/ports')
    if (error.reason === 'unreachable' && store.connectionId === 'embedded') return offer(t('errors.remedies.proxy'), () => ({ path: '/settings', query: { q: 'proxy' } }))
    return undefined
  })
}
