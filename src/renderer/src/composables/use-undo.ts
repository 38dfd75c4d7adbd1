import { useI18n } from 'vue-i18n'
import { useLastChange } from '../stores/last-change.ts'
import { useToasts } from '../stores/toasts.ts'

/** Says what was done, offers the way back, and takes it. */
export function useUndo() {
  const lastChange = useLastChange()
  const toasts = useToasts()
  const { t } = useI18n()

  function done(label: string, undo: () => Promise<unknown>) {
    lastChange.remember({ label, undo })
    toasts.show({ tone: 'plain', title: label, action: { label: t('common.undo'), run: () => void takeBack() } })
  }
  async function takeBack() {
    const taken = await lastChange.undo()
    if (!taken) return
    if (taken.error === undefined) toasts.show({ tone: 'plain', title: t('common.undone', { what: taken.label }) })
    else toasts.refused(t('common.notUndone', { what: taken.label }), taken.error)
  }
  return { done, follow: lastChange.follow, takeBack }
}
