import { spawn, spawnSync } from 'node:child_process'
import { open } from 'node:fs/promises'
import { once } from 'node:events'
import { Agent, request, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { buffer, text } from 'node:stream/consumers'
import { cpuMs, familyOf, listenerOf } from './processes.ts'

/** An engine that is measured. */
export interface Subject {
  readonly name: string
  readonly socket: string
  readonly pid: number
  /** One request over connections that are kept; the answer parsed. @throws for a status of 400 and more. */
  api<Body = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<Body>
  /** The answer as it flows. Nobody has read anything of it. */
  open(path: string): Promise<IncomingMessage>
  /** Posts, takes the connection over as attach and exec do, and reads to its end. */
  takeOver(path: string, body: unknown): Promise<Buffer>
  /** The real docker client to its end; `out` and `input` are files. @returns what it printed. @throws unless it exits 0. */
  docker(args: readonly string[], files?: { out?: string; input?: string }): Promise<string>
  /** CPU time of the engine and of the children it has waited for. */
  cpuMs(): number
}

export async function createSubject(name: string, socket: string): Promise<Subject> {
  const pid = listenerOf(socket)
  const agent = new Agent({ keepAlive: true, maxSockets: 128 })
  const send = async (method: string, path: string, body?: unknown): Promise<IncomingMessage> => {
    const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
    const sent = request({ socketPath: socket, agent, method, path, headers: bytes ? { 'content-type': 'application/json', 'content-length': bytes.length } : {} })
    sent.end(bytes)
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    if ((response.statusCode ?? 500) >= 400) throw new Error(`${name}: ${method} ${path}: ${response.statusCode} ${await text(response)}`)
    return response
  }
  return {
    name,
    socket,
    pid,
    async api<Body>(method: string, path: string, body?: unknown) {
      const answer = (await buffer(await send(method, path, body))).toString()
      return (answer.startsWith('{') || answer.startsWith('[') ? lastJson(answer) : answer) as Body
    },
    open: (path) => send('GET', path),
    takeOver: (path, body) => takeOver(socket, path, body),
    docker: (args, files = {}) => docker(socket, args, files),
    cpuMs: () => cpuMs(familyOf(pid)),
  }
}

/** Streams of progress are JSON by lines; whoever asks for one value wants the last. */
function lastJson(answer: string): unknown {
  try {
    return JSON.parse(answer)
  } catch {
    return JSON.parse(answer.trimEnd().split('\n').at(-1)!)
  }
}

async function takeOver(socket: string, path: string, body: unknown): Promise<Buffer> {
  const bytes = JSON.stringify(body)
  const connection = connect(socket)
  connection.write(`POST ${path} HTTP/1.1\r\nHost: docker\r\nContent-Type: application/json\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: ${Buffer.byteLength(bytes)}\r\n\r\n${bytes}`)
  return buffer(connection)
}

/** Of the docker client; scenarios of one that is not there are left out, and that is said. */
export function hasPlugin(name: 'buildx' | 'compose'): boolean {
  const has = spawnSync('docker', [name, 'version'], { stdio: 'ignore' }).status === 0
  if (!has) console.error(`  the docker client has no ${name}`)
  return has
}

async function docker(socket: string, args: readonly string[], { out, input }: { out?: string; input?: string }): Promise<string> {
  await using files = new AsyncDisposableStack()
  const opened = async (path: string, flags: string) => files.adopt(await open(path, flags), (file) => file.close()).fd
  const child = spawn('docker', ['-H', `unix://${socket}`, ...args], {
    stdio: [input ? await opened(input, 'r') : 'ignore', out ? await opened(out, 'w') : 'pipe', 'pipe'],
    env: { ...process.env, DOCKER_BUILDKIT: '0', DOCKER_CLI_HINTS: 'false' },
  })
  const [[code], said, complaint] = await Promise.all([once(child, 'close'), child.stdout ? text(child.stdout) : '', text(child.stderr!)])
  if (code !== 0) throw new Error(`docker ${args.join(' ')}: ${String(code)} ${complaint}`)
  return said.trim()
}
