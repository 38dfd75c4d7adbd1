import { watch } from 'node:fs'
import { createEncoder, type Encoded } from './encode-records.ts'
import { openLogFiles, openNextFile, type LogFile } from './log-files.ts'
import type { LogQuery } from './log-store.ts'
import { MAX_RECORD } from './record-format.ts'
import { findTail } from './tail-position.ts'

export interface ReadOptions {
  /** Docker's multiplexed frames, or bare lines (what a tty wrote). */
  framed: boolean
  /** Following goes on until this is aborted and everything written before is read. */
  ended?: AbortSignal
  /** The reader is gone. */
  signal?: AbortSignal
}

const CHUNK = 1024 * 1024

/** The log of one container as a client reads it, in large pieces. */
export async function* readLog(directory: string, query: LogQuery, options: ReadOptions): AsyncGenerator<Buffer> {
  await using held = new AsyncDisposableStack()
  const changes = query.follow ? held.use(watchDirectory(directory)) : undefined
  const files = await openLogFiles(directory)
  for (const file of files) held.use(file)
  await seekTail(files, query)

  const encode = createEncoder(query, options.framed)
  let last: LogFile | undefined
  for (const file of files) {
    last = file
    for await (const piece of readToEnd(file, encode)) {
      if (piece.output.length > 0) yield piece.output
      if (piece.over) return
    }
  }
  if (changes) yield* follow(directory, last, encode, changes, options, held)
}

async function* follow(directory: string, start: LogFile | undefined, encode: Encode, changes: Changes, options: ReadOptions, held: AsyncDisposableStack): AsyncGenerator<Buffer> {
  let file = start
  for (;;) {
    const ended = options.ended?.aborted ?? false
    const next = file ? await openNextFile(directory, file) : (await openLogFiles(directory)).at(0)
    if (file) {
      // Read after looking for the next one: what was written before the rotation is in this file.
      for await (const piece of readToEnd(file, encode)) {
        if (piece.output.length > 0) yield piece.output
        if (piece.over) return
      }
    }
    if (next) {
      file = held.use(next)
      continue
    }
    if (ended || options.signal?.aborted) return
    await changes.next(options.ended, options.signal)
    if (options.signal?.aborted) return
  }
}

type Encode = (bytes: Buffer, end: number) => Encoded

async function* readToEnd(file: LogFile, encode: Encode): AsyncGenerator<Encoded> {
  const { size } = await file.handle.stat()
  const buffer = Buffer.allocUnsafe(Math.max(MAX_RECORD, Math.min(CHUNK, size - file.position)))
  for (;;) {
    const { bytesRead } = await file.handle.read(buffer, 0, buffer.length, file.position)
    const piece = encode(buffer, bytesRead)
    file.position += piece.consumed
    if (piece.consumed === 0 && !piece.over) return
    yield piece
    if (piece.over) return
  }
}

async function seekTail(files: LogFile[], query: LogQuery): Promise<void> {
  if (query.tail === undefined) return
  const search = { wanted: query.tail, later: new Set<number>() }
  for (const file of files.toReversed()) {
    const { size } = await file.handle.stat()
    file.position = await findTail(file.handle, size, search, query)
    if (file.position > 0) {
      for (const older of files.slice(0, files.indexOf(file))) older.position = (await older.handle.stat()).size
      return
    }
  }
}

interface Changes extends Disposable {
  /** Resolves when something was written since the last call, or a signal is aborted. */
  next(...signals: (AbortSignal | undefined)[]): Promise<void>
}

function watchDirectory(directory: string): Changes {
  let dirty = false
  let wake = () => {}
  const watcher = watch(directory, () => {
    dirty = true
    wake()
  })
  watcher.on('error', () => wake())
  return {
    async next(...signals) {
      if (!dirty && !signals.some((signal) => signal?.aborted)) {
        await new Promise<void>((resolve) => {
          wake = resolve
          for (const signal of signals) signal?.addEventListener('abort', resolve as () => void, { once: true })
        })
        for (const signal of signals) signal?.removeEventListener('abort', wake)
      }
      dirty = false
    },
    [Symbol.dispose]: () => watcher.close(),
  }
}
