import { Duplex } from 'node:stream'
import type { ClientChannel } from 'ssh2'
import { EngineError } from '#shared/errors.ts'

/**
 * One channel as HTTP wants a socket: it can be destroyed at once (a channel waits for the other side's word), and has what Node's
 * agent does to sockets that wait for their next request.
 */
export class ChannelSocket extends Duplex {
  readonly #channel: ClientChannel
  #idle: NodeJS.Timeout | undefined
  #heard = false

  /** `explain` says why a channel ended that never said anything. */
  constructor(channel: ClientChannel, explain: () => EngineError = lost) {
    super({ allowHalfOpen: false })
    this.#channel = channel
    channel.on('data', (chunk: Buffer) => {
      this.#heard = true
      this.#idle?.refresh()
      if (!this.push(chunk)) channel.pause()
    })
    channel.on('end', () => this.#heard && this.#end())
    channel.on('error', (error: Error) => this.destroy(error))
    channel.on('close', () => (this.#heard ? this.#end() : this.destroy(explain())))
  }

  #end(): void {
    this.push(null)
    // Nobody reads one that waits for its next request, and it would wait for ever.
    if (this.readableLength === 0) this.read(0)
  }

  override _read(): void {
    this.#channel.resume()
  }
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#idle?.refresh()
    if (!this.#channel.writable) return done(lost())
    if (this.#channel.write(chunk)) return done()
    const settle = () => {
      this.#channel.off('drain', settle)
      this.#channel.off('close', settle)
      done()
    }
    this.#channel.on('drain', settle)
    this.#channel.on('close', settle)
  }
  override _final(done: () => void): void {
    this.#channel.end()
    done()
  }
  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.#idle)
    this.#channel.destroy()
    done(error)
  }

  setTimeout(milliseconds: number, listener?: () => void): this {
    clearTimeout(this.#idle)
    this.#idle = milliseconds > 0 ? setTimeout(() => this.emit('timeout'), milliseconds).unref() : undefined
    if (listener) this.once('timeout', listener)
    return this
  }
  /** The link keeps itself alive. */
  setKeepAlive = (): this => this
  setNoDelay = (): this => this
  ref = (): this => this
  unref = (): this => this
}

const lost = () => new EngineError('unavailable', 'The SSH connection was lost.', { reason: 'engine-unreachable' })
