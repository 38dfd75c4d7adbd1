import type { StreamListener, StreamPort } from '#shared/contract/bridge.ts'
import type { LogSource, MergedLine } from '#shared/contract/logs.ts'
import type { LogLine, TerminalInput } from '#shared/contract/streams.ts'

const PATHS = ['/', '/favicon.ico', '/api/cart?id=77', '/static/app-5f2c.js', '/checkout']

function fakeLine(index: number): LogLine {
  const at = new Date(Date.now() - (1000 - index) * 700).toISOString().replace('Z', '123456Z')
  if (index % 37 === 5) return { at, stream: 'stderr', text: `\x1b[31mERROR\x1b[0m upstream timed out while reading <b>response</b> header from upstream, client: 172.17.0.1, request: "GET /api/orders/${index} HTTP/1.1", upstream: "http://172.18.0.4:3000/api/orders/${index}", host: "localhost:8080", and a tail that makes the line so long that it has to be wrapped or scrolled` }
  if (index % 53 === 7) return { at, stream: 'stderr', text: `\x1b[33mwarn\x1b[0m \x1b]52;c;aGVsbG8=\x07slow query (\x1b[1m${index % 900} ms\x1b[0m)` }
  if (index % 11 === 3) return { at, stream: 'stdout', text: JSON.stringify({ level: index % 3 === 0 ? 'warn' : 'info', time: at, msg: 'order packed', order: 4000 + index, pieces: (index % 7) + 1, carrier: { name: 'Harbour & Sons' } }) }
  return { at, stream: 'stdout', text: `172.17.0.1 - - "\x1b[36mGET\x1b[0m ${PATHS[index % PATHS.length]} HTTP/1.1" \x1b[32m200\x1b[0m ${(index * 7919) % 90_000} "-" "Mozilla/5.0"` }
}

/** A log of `count` lines of the sources in turn, then one more every `every` milliseconds. */
export function fakeLogs(count: number, every: number, sources: LogSource[], listener: StreamListener): StreamPort {
  let next = 0
  listener.message({ kind: 'sources', sources }, 0)
  const line = (index: number): MergedLine => ({ ...fakeLine(index), source: (index * 7) % Math.max(1, sources.length) })
  const send = (lines: MergedLine[]) => listener.message({ kind: 'lines', lines }, 0)
  for (; next < count; next += 500) send(Array.from({ length: Math.min(500, count - next) }, (_, offset) => line(next + offset)))
  listener.message({ kind: 'caught-up' }, 0)
  const timer = every > 0 ? setInterval(() => send([line(next++)]), every) : undefined
  return { send: () => undefined, ack: () => undefined, close: () => clearInterval(timer) }
}

const PROMPT = '\x1b[1;32mroot@web\x1b[0m:\x1b[1;34m/\x1b[0m# '
const LISTING = 'total 64\r\ndrwxr-xr-x   1 root root 4096 Nov 12 09:14 \x1b[1;34mbin\x1b[0m\r\ndrwxr-xr-x   5 root root  340 Nov 12 09:14 \x1b[1;34mdev\x1b[0m\r\n-rwxr-xr-x   1 root root 1620 Nov 12 02:11 \x1b[1;32mdocker-entrypoint.sh\x1b[0m\r\ndrwxr-xr-x   1 root root 4096 Nov 12 09:14 \x1b[1;34metc\x1b[0m\r\n'

/** A shell that echoes and knows `ls` and `exit`. */
export function fakeTerminal(listener: StreamListener): StreamPort {
  let line = ''
  const say = (text: string) => listener.message({ kind: 'output', text }, 0)
  listener.message({ kind: 'opened', tty: true, command: ['bash'] }, 0)
  say(`\x1b]0;stolen title\x07\x1b]8;;javascript:alert(1)\x07${PROMPT}`)
  function take(text: string) {
    for (const character of text) {
      if (character === '\r') {
        say('\r\n')
        if (line === 'exit') return listener.message({ kind: 'exited', code: 0 }, 0)
        say(line === 'ls' ? LISTING : line === '' ? '' : `bash: ${line}: command not found\r\n`)
        line = ''
        say(PROMPT)
      } else {
        line += character
        say(character)
      }
    }
  }
  return { send: (message) => (message as TerminalInput).kind === 'input' && take((message as { text: string }).text), ack: () => undefined, close: () => undefined }
}
