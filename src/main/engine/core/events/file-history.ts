import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '#shared/errors.ts'
import type { EngineEvent } from './event-bus.ts'
import type { EventHistory } from './event-history.ts'

export interface FileHistoryOptions {
  /** Folder for `events.log` and the one before it, `events.1.log`. */
  folder: string
  /** Size at which the newer of the two becomes the older; what is kept is between one and two of it. */
  fileBytes?: number
  log: (line: string) => void
}

/** A few thousand events. */
const FILE_BYTES = 1024 * 1024

/**
 * History in files, a line of JSON per event. An event that was announced survives the death of the engine, because its line is with the kernel by then; it is not
 * synced to the disk, because it says what happened and not what is: a power cut may cost the last few. A file that cannot be written costs history and nothing else.
 */
export function openFileHistory({ folder, fileBytes = FILE_BYTES, log }: FileHistoryOptions): EventHistory {
  const [newer, older] = [join(folder, 'events.log'), join(folder, 'events.1.log')]
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  let file = openSync(newer, 'a', 0o600)
  let size = fstatSync(file).size
  let told = false
  // The line that a power cut or a full disk left unfinished must not spoil the next one.
  let unfinished = size > 0
  function write(line: string) {
    const bytes = Buffer.from(unfinished ? `\n${line}\n` : `${line}\n`)
    unfinished = true
    const written = writeSync(file, bytes)
    size += written
    unfinished = written < bytes.length
  }
  function rotate() {
    closeSync(file)
    renameSync(newer, older)
    file = openSync(newer, 'a', 0o600)
    size = 0
  }
  return {
    append(event) {
      try {
        write(JSON.stringify({ ...event, timeNano: String(event.timeNano) }))
        if (size >= fileBytes) rotate()
        told = false
      } catch (error) {
        if (!told) log(`events: their history could not be written: ${messageOf(error)}`)
        told = true
      }
    },
    read: (since, until) => [older, newer].flatMap((path) => eventsIn(path, since, until)),
    [Symbol.dispose]() {
      closeSync(file)
      // The number may be another file's soon.
      file = -1
    },
  }
}

function eventsIn(path: string, since: bigint, until: bigint): EngineEvent[] {
  const within = (time: bigint) => time >= since && time <= until
  // A line is parsed only where one of its times may be the event's: an attribute may have the same name.
  const mayBe = (line: string) => line.matchAll(/"timeNano":"(\d+)"/g).some(([, time]) => within(BigInt(time!)))
  return textOf(path).split('\n').flatMap((line) => (mayBe(line) ? (parseEvent(line) ?? []) : [])).filter(({ timeNano }) => within(timeNano))
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function parseEvent(line: string): EngineEvent | undefined {
  if (line === '') return undefined
  try {
    const event = JSON.parse(line) as Omit<EngineEvent, 'timeNano'> & { timeNano: string }
    return { ...event, timeNano: BigInt(event.timeNano) }
  } catch {
    return undefined
  }
}
