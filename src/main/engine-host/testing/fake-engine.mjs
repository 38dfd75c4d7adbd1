// As much of an engine as a supervisor can see.   fake-engine.mjs SOCKET LOCK COUNTER [PLAN…]
// Each start takes the next word of the plan: `serve`, `die` (before it is ready), `lacks` (exit 4 with a remedy).
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'

const [socketPath, lockFile, counter, ...plan] = process.argv.slice(2)
const start = read(counter) + 1
writeFileSync(counter, String(start))
const step = plan[Math.min(start, plan.length) - 1] ?? 'serve'

if (step === 'die') {
  process.stderr.write('slipway-engine: it broke\n')
  process.exit(1)
}
if (step === 'lacks') {
  process.stderr.write('slipway-engine: No subordinate ids.\n  sudo usermod --add-subuids 1-2 me\n')
  process.exit(4)
}
writeFileSync(lockFile, String(process.pid))
const server = createServer((request, response) => {
  if (request.url === '/_ping') return response.end('OK')
  if (request.url === '/version') return response.end(JSON.stringify({ Platform: { Name: 'Slipway' }, Version: process.env.FAKE_VERSION ?? '1.0.0' }))
  response.writeHead(200).flushHeaders()
})
process.on('SIGTERM', () => {
  server.close()
  server.closeAllConnections()
})
rmSync(socketPath, { force: true })
server.listen(socketPath, () => process.stdout.write(`engine ready unix://${socketPath}\n`))

function read(path) {
  try {
    return Number(readFileSync(path, 'utf8'))
  } catch {
    return 0
  }
}
