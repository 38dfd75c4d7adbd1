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
    let payloads: string[] = []
    for (;;) {
      const successor = this.#openSuccessor() // looked for before the last read: what is written meanwhile is not missed
      payloads = payloads.concat(this.#readRecords())
      if (successor === undefined) return payloads
      closeSync(this.#file)
      this.#file = successor
      this.#offset = 0
    }
  }

  /** The next newer file. Undefined while ours is `current`. */
  #openSuccessor(): number | undefined {
    const ours = fstatSync(this.#file).ino
    for (;;) {
      try {
        return this.#findSuccessor(ours)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error // else: the names were being shifted; look again
      }
    }
  }

  #findSuccessor(ours: number): number | undefined {
    let newer = openSync(join(this.#directory, 'current'), 'r')
    try {
      for (let number = 1; fstatSync(newer).ino !== ours; number++) {
        const name = join(this.#directory, String(number))
        if (statSync(name).ino === ours) return newer
        const older = openSync(name, 'r')
        closeSync(newer)
        newer = older
      }
    } catch (error) {
      closeSync(newer)
      throw error
    }
    closeSync(newer)
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
