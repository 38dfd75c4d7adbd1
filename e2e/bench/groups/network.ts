import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { promisify } from 'node:util'
import { freePort } from '../../fixtures/registry.ts'
import type { Group } from '../runner.ts'
import type { Subject } from '../subject.ts'
import { running, sleep } from './verbs.ts'

const run = promisify(execFile)
const SERVER = ['sh', '-c', 'while :; do iperf3 -s; done']

export const network: Group = {
  throughput: async (bench) => {
    const seconds = bench.quick ? '1' : '3'
    const host = hostAddress()
    const ports = new Map<Subject, number>()
    const addresses = new Map<Subject, string>()
    for (const subject of bench.subjects) {
      const port = await freePort()
      const published = ['127.0.0.1', ...(host ? [host] : [])].flatMap((address) => ['-p', `${address}:${port}:5201`])
      const id = await subject.docker(['run', '-d', '--stop-signal', 'KILL', ...published, await bench.workload.iperf(subject), ...SERVER])
      bench.defer(() => subject.docker(['rm', '-f', id]))
      ports.set(subject, port)
      addresses.set(subject, await addressOf(subject, id))
      await untilAccepts(addresses.get(subject)!, 5201)
    }
    const loopback = await localServer()
    bench.defer(loopback.end)
    const options = { unit: 'Gbit/s', better: 'more', rounds: 5 } as const
    await bench.measure('published port, one stream in', { ...options, budget: { ratio: 1 }, limit: () => iperf('127.0.0.1', loopback.port, seconds) }, (subject) => iperf('127.0.0.1', ports.get(subject)!, seconds))
    await bench.measure('published port, one stream out', { ...options, budget: { ratio: 1 } }, (subject) => iperf('127.0.0.1', ports.get(subject)!, seconds, '-R'))
    if (host) await bench.measure("published port, the host's address, one stream in", { ...options, budget: { ratio: 1 } }, (subject) => iperf(host, ports.get(subject)!, seconds))
    await bench.measure("container's own address", options, (subject) => iperf(addresses.get(subject)!, 5201, seconds))
    const clients = await running(bench, bench.workload.iperf)
    await bench.measure('container to container', options, async (subject) => received(await subject.docker(['exec', clients.get(subject)!, 'iperf3', '-c', addresses.get(subject)!, '-t', seconds, '-J'])))
  },
  connections: async (bench) => {
    const ports = new Map<Subject, number>()
    for (const subject of bench.subjects) {
      const port = await freePort()
      const id = await subject.docker(['run', '-d', '--stop-signal', 'KILL', '-p', `127.0.0.1:${port}:80`, await bench.workload.busybox(subject), 'httpd', '-f', '-p', '80', '-h', '/etc'])
      bench.defer(() => subject.docker(['rm', '-f', id]))
      ports.set(subject, port)
      await untilAccepts('127.0.0.1', port)
    }
    // Each asks and is answered: without, a server that serves one at a time cannot keep up, and its full queue is what is measured.
    await bench.measure('connections to a published port, one request each', { unit: '/s', better: 'more', rounds: 7, budget: { ratio: 1 } }, async (subject) => {
      const [count, start] = [bench.quick ? 200 : 1000, performance.now()]
      for (let index = 0; index < count; index++) await ask(ports.get(subject)!)
      return (count * 1000) / (performance.now() - start)
    })
  },
}

async function iperf(host: string, port: number, seconds: string, ...more: string[]): Promise<number> {
  const { stdout } = await run('iperf3', ['-c', host, '-p', String(port), '-t', seconds, '-J', ...more], { maxBuffer: 64 << 20 })
  return received(stdout)
}

const received = (report: string): number => (JSON.parse(report) as { end: { sum_received: { bits_per_second: number } } }).end.sum_received.bits_per_second / 1e9

/** One that others reach this machine at, where it has one: no engine's bridge. */
function hostAddress(): string | undefined {
  const own = Object.entries(networkInterfaces()).filter(([name]) => !/^(docker|podman|br-)/.test(name))
  return own.flatMap(([, addresses]) => addresses ?? []).find(({ internal, family }) => !internal && family === 'IPv4')?.address
}

async function localServer() {
  const port = await freePort()
  const child = spawn('iperf3', ['-s', '-p', String(port), '-B', '127.0.0.1'], { stdio: 'ignore' })
  await untilAccepts('127.0.0.1', port)
  return {
    port,
    async end() {
      const gone = once(child, 'exit')
      child.kill()
      await gone
    },
  }
}

async function addressOf(subject: Subject, id: string): Promise<string> {
  const { NetworkSettings } = await subject.api<{ NetworkSettings: { Networks: Record<string, { IPAddress: string }> } }>('GET', `/containers/${id}/json`)
  return Object.values(NetworkSettings.Networks)[0]!.IPAddress
}

async function ask(port: number): Promise<void> {
  const connection = connect(port, '127.0.0.1')
  connection.end('GET /hostname HTTP/1.0\r\n\r\n')
  connection.resume()
  await once(connection, 'close')
}

async function connectOnce(host: string, port: number): Promise<void> {
  const connection = connect(port, host)
  await once(connection, 'connect')
  // A reset leaves no TIME_WAIT behind to slow the next one.
  connection.resetAndDestroy()
  await once(connection, 'close').catch(() => undefined)
}

async function untilAccepts(host: string, port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const accepted = await connectOnce(host, port).then(() => true, () => false)
    if (accepted) return
    await sleep(25)
  }
  throw new Error(`nothing listens on ${host}:${port}`)
}
