import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Follows a log over rotations as README.md tells readers to: by inode. */
export class LogFollower {
  readonly #directory: string
  #file: number
  #offset = 0

  constructor(directory: string) {
    this.#directory = directory
    this.#file = openSync(join(directory, 'current'), 'r')
  }

  /** The payloads of all records that were written since. */
  read(): string[] {
    const payloads: string[] = []
    for (;;) {
      const successor = this.#openSuccessor() // looked for before the last read: what is written meanwhile is not missed
      payloads.push(...this.#readRecords())
      if (successor === undefined) return payloads
      closeSync(this.#file)
      this.#file = successor
      this.#offset = 0
    }
  }

  /** Undefined while our file is `current`. */
  #openSuccessor(): number | undefined {
    const ours = fstatSync(this.#file).ino
    let successor = openSync(join(this.#directory, 'current'), 'r')
    for (let number = 1; fstatSync(successor).ino !== ours; number++) {
      if (statSync(join(this.#directory, String(number))).ino === ours) return successor
      closeSync(successor)
      successor = openSync(join(this.#directory, String(number)), 'r')
    }
    closeSync(successor)
    return undefined
  }

  #readRecords(): string[] {
    const bytes = Buffer.alloc(fstatSync(this.#file).size - this.#offset)
    const length = readSync(this.#file, bytes, 0, bytes.length, this.#offset)
    const payloads: string[] = []
    let at = 0
    while (at + 20 <= length && at + 20 + bytes.readUInt32LE(at) <= length) {
      const end = at + 16 + bytes.readUInt32LE(at)
      payloads.push(bytes.toString('utf8', at + 16, end))
      at = end + 4
    }
    this.#offset += at
    return payloads
  }
}
