import type { StreamListener, StreamPort } from '#shared/contract/bridge.ts'
import type { ContainerSummary } from '#shared/contract/containers.ts'
import type { ContainerEvent, SamplesRequest, StatsSample } from '#shared/contract/streams.ts'
import type { FakeCalls } from './fake-calls.ts'

const SECOND = 1000
/** A wave with a noise of its own for each container; the same at the same time. */
function sample(id: string, at: number): StatsSample {
  const seed = parseInt(id.slice(0, 6), 16) || 1
  const noise = (Math.sin(at / 777 + seed) * 43_758.5453) % 1
  const wave = Math.sin(at / 20_000 + seed) + 1
  return { at, cpuPercent: Math.max(0, (seed % 40) * wave + noise * 8), memoryBytes: ((seed % 300) + 40 + wave * 20) * 1_048_576, memoryLimitBytes: 536_870_912, networkReceivedBytes: (at % 1e9) * (1 + (seed % 9)), networkSentBytes: (at % 1e9) * 0.4, blockReadBytes: 48_000_000, blockWrittenBytes: (at % 1e8) * 0.2, pids: 1 + (seed % 14) }
}
const past = (id: string, count: number) => Array.from({ length: Math.min(count, 180) }, (_, index) => sample(id, Date.now() - (Math.min(count, 180) - index) * SECOND))
const nothing = () => undefined
const ticking = (every: number, tick: () => void, send: StreamPort['send'] = nothing): StreamPort => {
  const timer = setInterval(tick, every)
  return { send, ack: nothing, close: () => clearInterval(timer) }
}

export function fakeSamples(first: SamplesRequest, running: (id: string) => boolean, listener: StreamListener): StreamPort {
  let { ids } = first
  const tell = (request: SamplesRequest) => listener.message(request.ids.filter(running).map((id) => ({ id, samples: past(id, request.past) })), 0)
  tell(first)
  return ticking(SECOND, () => listener.message(ids.filter(running).map((id) => ({ id, samples: [sample(id, Date.now())] })), 0), (message) => {
    const request = message as SamplesRequest
    ids = request.ids
    tell(request)
  })
}

export function fakeStats(id: string, listener: StreamListener): StreamPort {
  for (const each of past(id, 120)) listener.message(each, 0)
  return ticking(SECOND, () => listener.message(sample(id, Date.now()), 0))
}

export function fakeEvents({ createdAt, image }: ContainerSummary, listener: StreamListener): StreamPort {
  const events = (['create', 'start', 'exec_start: bash', 'exec_die', 'die', 'start', 'health_status: healthy'] as const).map((action, index): ContainerEvent => ({ at: createdAt + index * 61_000, action, attributes: action === 'die' ? { exitCode: '137', image } : action === 'exec_die' ? { exitCode: '0' } : { image } }))
  listener.message(events, 0)
  return { send: nothing, ack: nothing, close: nothing }
}

export const fakeProcessTable = () => ({ titles: ['UID', 'PID', 'PPID', 'C', 'STIME', 'TTY', 'TIME', 'CMD'], rows: [['root', '31337', '31310', '0', '09:14', '?', '00:00:00', 'nginx: master process nginx -g daemon off;'], ['101', '31360', '31337', '0', '09:14', '?', '00:00:03', 'nginx: worker process'], ['101', '31361', '31337', '2', '09:14', '?', '00:01:12', 'nginx: worker process']] })
export function fakeProcesses(listener: StreamListener): StreamPort {
  listener.message(fakeProcessTable(), 0)
  return ticking(2 * SECOND, () => listener.message(fakeProcessTable(), 0))
}

/** What is asked of one container and answers the same for all. */
export const fakeContainerFacts = (): FakeCalls => ({
  'containers.top': fakeProcessTable,
  'containers.changes': () => [['/etc/nginx/conf.d', 'modified'], ['/etc/nginx/conf.d/default.conf', 'modified'], ['/run/nginx.pid', 'added'], ['/var/cache/nginx/client_temp', 'added'], ['/usr/share/nginx/html/50x.html', 'deleted']].map(([path, kind]) => ({ path, kind })),
  'containers.commit': () => ({ id: `sha256:${'c'.repeat(64)}` }),
  'containers.export': () => ({ bytes: 187_000_000 }),
  'containers.recipe': ({ form }: { form: 'run' | 'compose' }) => ({ text: form === 'run' ? 'docker run -d --name web -p 8080:80 nginx:1.27' : 'services:\n  web:\n    image: nginx:1.27\n    ports:\n      - "8080:80"\n', remarks: [] }),
})
