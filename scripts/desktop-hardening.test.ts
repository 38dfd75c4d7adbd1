import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const sources = globSync(['src/main/**/*.ts', 'src/preload/**/*.ts'], { cwd: root }).filter((path) => !path.startsWith('src/main/engine/') && !path.includes('.test.') && !path.includes('testing/'))
const where = (pattern: RegExp) => sources.filter((path) => pattern.test(read(path)))

test('fuses of a packaged app: nothing but the engine’s own start as Node', () => {
  expect((parse(read('electron-builder.yml')) as { electronFuses: object }).electronFuses).toEqual({
    runAsNode: true,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    enableCookieEncryption: true,
    grantFileProtocolExtraPrivileges: false,
    loadBrowserProcessSpecificV8Snapshot: false,
  })
})

test('one window, in a sandbox, apart from Node; one way out of the app, one way into it', () => {
  expect(where(/new (?:BrowserWindow|WebContentsView|BrowserView)\(/)).toEqual(['src/main/shell/electron/main-window.ts'])
  const flags = /webPreferences: \{(.*)\}/.exec(read('src/main/shell/electron/main-window.ts'))?.[1]
  for (const flag of ['contextIsolation: true', 'sandbox: true', 'nodeIntegration: false', 'webSecurity: true', 'webviewTag: false', 'navigateOnDragDrop: false']) expect(flags).toContain(flag)
  expect(where(/no-sandbox|disable-web-security|allowRunningInsecureContent|@electron\/remote|executeJavaScript/)).toEqual([])
  expect(where(/openExternal\(new URL/)).toEqual(['src/main/shell/electron/security.ts'])
  expect(where(/shell\.open(?:External|Path)/)).toEqual(['src/main/shell/electron/security.ts'])
  // Every message from a page goes through the one place that looks who sent it.
  expect(where(/ipcMain\.(?:on|handle|once)/)).toEqual(['src/main/shell/electron/bridge.ts'])
  expect(read('src/main/shell/electron/bridge.ts')).toContain('senderFrame === sender.mainFrame')
})
