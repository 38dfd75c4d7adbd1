import { closeSync, openSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { encodeFrame, FrameDecoder, type ShimEvent, type ShimRequest } from '../../../src/main/engine/core/runtime/shim-frames.ts'

type EventOf<Type extends ShimEvent['type']> = Extract<ShimEvent, { type: Type }>

/** One connection to a shim. Reads only when asked to, so a test that does not ask is a slow client. */
export class ShimClient {
  readonly socket: Socket
  /** Every event taken so far. */
  readonly seen: ShimEvent[] = []
  readonly #events: AsyncGenerator<ShimEvent, undefined>

  private constructor(socket: Socket) {
    this.socket = socket
    this.#events = eventsOf(socket)
  }

  static async connect(stateDirectory: string): Promise<ShimClient> {
    const directory = openSync(stateDirectory, 'r') // a socket's path is at most 107 bytes long, the directory's is not
    try {
      const socket = connect({ path: `/proc/self/fd/${directory}/shim.sock`, allowHalfOpen: true })
      await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
      return new ShimClient(socket)
    } finally {
      closeSync(directory)
    }
  }

  send(...requests: ShimRequest[]): this {
    this.socket.write(Buffer.concat(requests.map(encodeFrame)))
    return this
  }

  /** Undefined at the end of the connection. */
  async next(): Promise<ShimEvent | undefined> {
    const { value } = await this.#events.next()
    if (value !== undefined) this.seen.push(value)
    return value
  }

  /** Takes events up to one of that type. */
  async until<Type extends ShimEvent['type']>(type: Type): Promise<EventOf<Type>> {
    for (;;) {
      const event = await this.next()
      if (event === undefined) throw new Error(`the connection ended before ${type}; seen: ${this.seen.map((e) => e.type).join(' ')}`)
      if (event.type === type) return event as EventOf<Type>
    }
  }

  /** Takes events until the output of a stream has that text. */
  async untilOutput(text: string, stream: 'stdout' | 'stderr' = 'stdout'): Promise<void> {
    while (!this.output(stream).includes(text)) {
      if ((await this.next()) === undefined) throw new Error(`the connection ended before "${text}"; output: ${this.output(stream)}`)
    }
  }

  async untilEnd(): Promise<ShimEvent[]> {
    while ((await this.next()) !== undefined) continue
    return this.seen
  }

  attach(streams: { stdin?: boolean; stdout?: boolean; stderr?: boolean }): Promise<unknown> {
    this.send({ type: 'attach', stdin: false, stdout: false, stderr: false, ...streams })
    return this.until('attached')
  }

  stdin(text: string): this {
    return this.send({ type: 'stdin', bytes: Buffer.from(text) })
  }

  /** What the events taken so far say of a stream. */
  output(stream: 'stdout' | 'stderr' = 'stdout'): string {
    return this.outputBytes(stream).toString('utf8')
  }

  outputBytes(stream: 'stdout' | 'stderr' = 'stdout'): Buffer {
    return Buffer.concat(this.seen.filter((event) => event.type === 'output').filter((event) => event.stream === stream).map((event) => event.bytes))
  }

  /** Leaves, as a killed program does. */
  leave(): void {
    this.socket.destroy()
  }
}

async function* eventsOf(socket: Socket): AsyncGenerator<ShimEvent, undefined> {
  const decoder = new FrameDecoder()
  for await (const chunk of socket) yield* decoder.push(chunk as Buffer)
  return undefined
}
