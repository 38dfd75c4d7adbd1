import { useI18n } from 'vue-i18n'
import type { EachOutcome } from '#shared/contract/containers.ts'
import { useQuestions } from '../stores/questions.ts'
import { useToasts } from '../stores/toasts.ts'

export interface Removal {
  noun: 'images' | 'volumes' | 'networks'
  /** What goes, as the user knows it. */
  names: readonly string[]
  /** What each outcome of the call is about; the names, unless one name takes several. */
  subjects?: readonly string[]
  call: () => Promise<EachOutcome[]>
  /** More about what goes, before the noun's own sentence. */
  text?: string
  /** It is known already that it will be refused: the text says why. */
  blocked?: boolean
}

/** Asks, removes, and says what was refused, one by one. @returns true when it was carried out. */
export function useBulkRemove() {
  const questions = useQuestions()
  const toasts = useToasts()
  const { t } = useI18n()
  return async ({ noun, names, subjects = names, call, text, blocked }: Removal): Promise<boolean> => {
    const one = names.length === 1
    const answer = await questions.ask({
      title: one ? t(`${noun}.remove.titleOne`, { name: names[0] ?? '' }) : t(`${noun}.remove.titleMany`, names.length),
      text: blocked ? text : [text, t(`${noun}.remove.lost`, names.length)].filter(Boolean).join(' '),
      lost: one ? [] : names,
      confirm: t(`${noun}.remove.confirm`, names.length),
      blocked,
    })
    if (!answer) return false
    try {
      const outcomes = await call()
      outcomes.forEach(({ error }, index) => error && toasts.refused(t(`${noun}.remove.failed`, { name: subjects[index] ?? '' }), error))
    } catch (error) {
      toasts.refused(t(`${noun}.remove.failed`, { name: names.join(', ') }), error)
    }
    return true
  }
}
