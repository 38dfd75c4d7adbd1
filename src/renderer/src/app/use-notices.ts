import { watch } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'
import { plainText } from '../features/logs/ansi.ts'
import { useAppFacts } from '../composables/use-external.ts'
import { useEngine } from '../composables/use-engine.ts'
import { useEngineState } from '../stores/engine-state.ts'
import { useToasts } from '../stores/toasts.ts'
import { useWork } from '../stores/work.ts'

/** Work that took less time (milliseconds) was watched. */
const LONG = 10_000

/** Tells what happened: in the page where it is looked at, else beside it, by the desktop or the browser. */
export function useNotices(): void {
  const { t } = useI18n()
  const state = useEngineState()
  const router = useRouter()
  const engine = useEngine()
  const toasts = useToasts()
  const facts = useAppFacts()
  const work = useWork()
  const isSeen = () => document.visibilityState === 'visible' && document.hasFocus()

  function besides(title: string, body: string, path: string) {
    if (isSeen()) return
    if (facts.value?.shell === 'electron') return void engine.app.notify({ title, body, path }).catch(() => undefined)
    if (!('Notification' in window) || Notification.permission !== 'granted') return
    const notification = new Notification(title, { body, tag: title })
    notification.onclick = () => {
      window.focus()
      void router.push(path)
      notification.close()
    }
  }

  watch(() => state.notice, (notice) => {
    if (!notice) return
    const { kind, container, code = 0, outOfMemory } = notice
    const title = kind === 'unhealthy' ? t('notices.unhealthy', { name: container.name }) : outOfMemory ? t('notices.memory', { name: container.name }) : t('notices.crash', { name: container.name, code })
    const text = notice.lines.map(plainText).filter(Boolean).slice(-3).join('\n')
    const path = `/containers/${container.id}/logs`
    toasts.show({ tone: 'error', title, text, action: { label: t('notices.open'), run: () => void router.push(path) } })
    // The desktop shell tells of containers by itself, with or without a page.
    if (facts.value?.shell !== 'electron') besides(title, text, path)
  })

  work.onEnd((entry, took) => {
    if (!state.settings.noticeWork || took < LONG || entry.state.status === 'cancelled') return
    const failed = entry.state.status === 'failed'
    besides(t(failed ? 'frame.work.failed' : 'notices.done', { subject: entry.subject }), '', entry.kind === 'pull' ? '/images' : '/containers')
  })
}
