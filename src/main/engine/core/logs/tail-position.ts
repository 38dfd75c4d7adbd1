import type { FileHandle } from 'node:fs/promises'
import { HEADER, isRecord, MAX_RECORD, PARTIAL, recordLength, TRAILER } from './record-format.ts'
import type { LogQuery } from './log-store.ts'

const WINDOW = 256 * 1024

export interface TailSearch {
  /** Lines still wanted; counted down over the files, newest first. */
  wanted: number
  /** Streams that something later was found of. */
  later: Set<number>
}

/** Where the last `search.wanted` lines of one file, or of its part up to `until`, begin: 0 when it has fewer. Reads backwards by the lengths behind the records. */
export async function findTail(file: FileHandle, size: number, search: TailSearch, query: Pick<LogQuery, 'stdout' | 'stderr' | 'until'>): Promise<number> {
  const window = createWindow(file)
  let end = await lastWholeRecord(file, size, window)
  while (end > 0) {
    const bytes = await window(end)
    const payload = bytes.buffer.readUInt32LE(end - TRAILER - bytes.from)
    const start = end - HEADER - payload - TRAILER
    const at = start - bytes.from
    const flags = bytes.buffer[at + 5] ?? 0
    const stream = bytes.buffer[at + 4] ?? 0
    const wantedStream = stream === 2 ? query.stderr : query.stdout
    // A record that goes on in a later one is no line of its own; the last of its stream is, finished or not.
    const goesOn = (flags & PARTIAL) !== 0 && search.later.has(stream)
    const tooLate = query.until !== undefined && bytes.buffer.readBigUInt64LE(at + 8) > query.until
    if (!tooLate) search.later.add(stream)
    if (wantedStream && !tooLate && !goesOn) {
      if (search.wanted === 0) return end
      search.wanted--
    }
    end = start
  }
  return 0
}

interface Window {
  buffer: Buffer
  /** Offset of the buffer's first byte in the file. */
  from: number
}

/** Bytes of the file that hold at least the longest possible record before `end`. */
function createWindow(file: FileHandle): (end: number) => Promise<Window> {
  let loaded: Window = { buffer: Buffer.alloc(0), from: 0 }
  return async (end) => {
    const from = Math.max(0, end - MAX_RECORD)
    if (from >= loaded.from && end <= loaded.from + loaded.buffer.length) return loaded
    const start = Math.max(0, end - WINDOW)
    const buffer = Buffer.allocUnsafe(end - start)
    await file.read(buffer, 0, buffer.length, start)
    loaded = { buffer, from: start }
    return loaded
  }
}

/** A killed writer may have left a torn record at the end: then the file is read forwards once to find where the whole ones end. */
async function lastWholeRecord(file: FileHandle, size: number, window: (end: number) => Promise<Window>): Promise<number> {
  if (size < HEADER + TRAILER) return 0
  const { buffer, from } = await window(size)
  const payload = buffer.readUInt32LE(size - TRAILER - from)
  const start = size - HEADER - payload - TRAILER - from
  if (payload > 0 && start >= 0 && isRecord(buffer, start, size - from)) return size
  return await scanForward(file, size)
}

async function scanForward(file: FileHandle, size: number): Promise<number> {
  const buffer = Buffer.allocUnsafe(Math.min(size, 1024 * 1024))
  let end = 0
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, end)
    let at = 0
    for (let length = recordLength(buffer, at, bytesRead); length > 0; length = recordLength(buffer, at, bytesRead)) at += length
    if (at === 0) return end
    end += at
  }
}
