import type { ChildProcess } from 'node:child_process'
import type { DriverNews, DriverRequest } from '../../electron-stand-in/driver-channel.ts'
import { startAppProcess } from './app-process.ts'
import { openChromium } from './chromium.ts'
import type { DriverResult, Launch } from './launch-app.ts'

/** The built Electron entry, unmodified, on the stand-in: a page is opened for its window. */
export async function launchStandIn(launch: Launch): Promise<DriverResult> {
  await using undo = new AsyncDisposableStack()
  const app = undo.use(startAppProcess(launch, ['--import', './e2e/electron-stand-in/register.ts', 'out/main/index.js'], ['ignore', 'pipe', 'pipe', 'ipc']))
  const driver = openDriver(app.child)
  const { page } = undo.use(await openChromium(launch))
  const window = await Promise.race([driver.window, app.ended.then(() => Promise.reject(new Error('The app ended before it opened a window.')))])
  await page.goto(window.url)
  const lifetime = undo.move()
  return {
    page,
    pid: app.child.pid ?? 0,
    desktop: {
      records: () => driver.ask({ do: 'records' }) as Promise<unknown[][]>,
      answerDialog: async (answer) => void (await driver.ask({ do: 'answer-dialog', answer })),
      clickTray: async (path) => void (await driver.ask({ do: 'tray', path })),
      clickNotification: async () => void (await driver.ask({ do: 'click-notification' })),
      lookAway: async () => void (await driver.ask({ do: 'focus', focused: false })),
      startAgain: async (...words) => void (await driver.ask({ do: 'second-instance', words })),
      openFile: async (path) => void (await driver.ask({ do: 'open-file', path })),
      clickMenu: async (path) => void (await driver.ask({ do: 'menu', path })),
    },
    async closeWindow() {
      await page.close()
      void driver.ask({ do: 'close-window', id: window.id }).catch(() => {})
      await app.ended
    },
    [Symbol.asyncDispose]: () => lifetime.disposeAsync(),
  }
}

function openDriver(child: ChildProcess) {
  const window = Promise.withResolvers<Extract<DriverNews, { kind: 'window' }>>()
  const questions = new Map<number, PromiseWithResolvers<unknown>>()
  let last = 0
  child.on('message', (news: DriverNews) => {
    if (news.kind === 'window') return window.resolve(news)
    const question = questions.get(news.id)
    questions.delete(news.id)
    if (news.error === undefined) question?.resolve(news.value)
    else question?.reject(new Error(news.error))
  })
  child.on('exit', () => questions.forEach(({ reject }) => reject(new Error('The app ended.'))))
  return {
    window: window.promise,
    ask(request: DriverRequest): Promise<unknown> {
      const question = Promise.withResolvers<unknown>()
      questions.set(++last, question)
      child.send({ id: last, request })
      return question.promise
    },
  }
}
