import { BrowserWindow, Notification } from 'electron'
import type { Application } from '../application.ts'
import { noticeText } from '../notices/notice-words.ts'
import { mainLanguage } from './language.ts'

/** One that is shown must be held, or its click is lost when it is collected. */
const shown = new Set<Notification>()

export function notify({ title, body }: { title: string; body: string }, onClick: () => void): void {
  if (!Notification.isSupported()) return
  const notification = new Notification({ title, body })
  shown.add(notification)
  notification.on('click', () => {
    shown.delete(notification)
    onClick()
  })
  notification.on('close', () => shown.delete(notification))
  notification.show()
}

/** News of containers goes to the desktop where no window of ours is looked at; the page tells it otherwise. */
export function notifyOfContainers(application: Application, open: (path: string) => void): void {
  application.onNotice((notice) => {
    if (BrowserWindow.getFocusedWindow() !== null) return
    notify(noticeText(notice, mainLanguage(application.settings.get())), () => open(`/containers/${notice.container.id}/logs`))
  })
}
