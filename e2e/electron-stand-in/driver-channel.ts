import { app, PreventableEvent } from './app.ts'
import { clickMenu, clickNotification, clickTray, dialogAnswers } from './desktop.ts'
import { records } from './records.ts'

/** What the driver (the parent process) may ask, over Node's IPC. Each has an answer. */
export type DriverRequest =
  | { do: 'records' }
  | { do: 'answer-dialog'; answer: unknown }
  | { do: 'menu'; path: string[] }
  | { do: 'close-window'; id: number }
  | { do: 'tray'; path: string[] }
  | { do: 'click-notification' }
  | { do: 'focus'; focused: boolean }
  | { do: 'second-instance'; words: string[] }
  | { do: 'open-file'; path: string }
  | { do: 'quit' }
export type DriverNews = { kind: 'window'; id: number; url: string; options: unknown } | { kind: 'answer'; id: number; value?: unknown; error?: string }

export const tellDriver = (news: DriverNews): void => void process.send?.(news)

const acts: { [Do in DriverRequest['do']]: (request: Extract<DriverRequest, { do: Do }>) => unknown } = {
  records: () => JSON.parse(JSON.stringify(records)) as unknown,
  'answer-dialog': ({ answer }) => dialogAnswers.push(answer),
  menu: ({ path }) => clickMenu(path),
  'close-window': async ({ id }) => (await import('./browser-window.ts')).BrowserWindow.fromId(id)?.close(),
  tray: ({ path }) => clickTray(path),
  'click-notification': () => clickNotification(),
  focus: async ({ focused }) => void ((await import('./browser-window.ts')).BrowserWindow.focused = focused),
  'second-instance': ({ words }) => app.emit('second-instance', {}, words, ''),
  'open-file': ({ path }) => app.emit('open-file', new PreventableEvent(), path),
  quit: () => app.quit(),
}

process.on('message', (message: { id: number; request: DriverRequest }) => {
  void (async () => {
    try {
      const act = acts[message.request.do] as (request: DriverRequest) => unknown
      tellDriver({ kind: 'answer', id: message.id, value: await act(message.request) })
    } catch (error) {
      tellDriver({ kind: 'answer', id: message.id, error: String(error) })
    }
  })()
})
// A driver that is gone has no use for the app.
process.on('disconnect', () => app.quit())
