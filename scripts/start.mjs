// The app: a window where Electron's binary is there, else the same in a browser.   npm start   |   npm run serve (always the browser)
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { build } from './build.mjs'
import { electronBinary } from './electron.mjs'
import { become, continueUnderProjectNode } from './node.mjs'
import { inRoot, PROJECT_NODE, say } from './project.mjs'
import { setup } from './setup.mjs'

const args = process.argv.slice(2).filter((word) => word !== '--browser')
const browserWanted = process.argv.includes('--browser')
setup({ electron: !browserWanted })
await continueUnderProjectNode()
await build().catch((error) => {
  say(`the build failed: ${error.message}`)
  process.exit(1)
})

const electron = browserWanted ? undefined : electronBinary()
const display = process.env.WAYLAND_DISPLAY || process.env.DISPLAY
if (electron && display) {
  // Chromium refuses to run its sandbox as root.
  await become(electron, [inRoot(), ...(process.getuid() === 0 ? ['--no-sandbox'] : []), ...args])
} else {
  if (!browserWanted) say(electron ? 'there is no display: serving the app to a browser instead' : "Electron's binary is not here: serving the app to a browser instead")
  if (display) await serveAndOpen()
  else await become(PROJECT_NODE, [inRoot('out/main/serve.js'), ...args])
}

/** Shows the address as soon as it is printed. */
async function serveAndOpen() {
  const server = spawn(PROJECT_NODE, [inRoot('out/main/serve.js'), ...args], { stdio: ['inherit', 'pipe', 'inherit'] })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => server.kill(signal))
  server.once('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
  let opened = false
  for await (const line of createInterface(server.stdout)) {
    process.stdout.write(`${line}\n`)
    const address = /https?:\/\/\S+/.exec(line)?.[0]
    if (!address || opened) continue
    opened = true
    spawn('xdg-open', [address], { stdio: 'ignore', detached: true }).on('error', () => {}).unref()
  }
}
