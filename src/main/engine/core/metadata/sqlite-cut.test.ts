import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openMetadataStore } from './sqlite-metadata-store.ts'

const folder = mkdtempSync(join(tmpdir(), 'slipway-cut-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Counted {
  count: number
  filling: string
}

const TRANSACTIONS = 40
const NOTHING_YET = -1

/** Each transaction changes two records to the same number: a reader must never see them differ. The files are taken as a kill would leave them. */
function written(): { main: string; log: Buffer } {
  const path = join(folder, 'whole.db')
  const store = openMetadataStore(path)
  const records = store.collection<Counted>('pair')
  const put = (count: number) =>
    store.transaction(() => {
      for (const key of ['one', 'other']) records.put(key, { count, filling: String(count).repeat(700) })
    })
  put(0)
  const main = join(folder, 'main.db')
  // What is in the database file itself by then stays; every later transaction is only in the log.
  for (let count = 1; count <= TRANSACTIONS; count++) put(count)
  copyFileSync(path, main)
  const log = readFileSync(`${path}-wal`)
  store[Symbol.dispose]()
  return { main, log }
}

/** What is there after the log was damaged, or what was said of it. */
function readBack(main: string, log: Uint8Array): number | string {
  const path = join(folder, 'damaged.db')
  for (const end of ['', '-wal', '-shm']) rmSync(path + end, { force: true })
  copyFileSync(main, path)
  writeFileSync(`${path}-wal`, log)
  try {
    using store = openMetadataStore(path)
    const records = store.collection<Counted>('pair')
    const counts = records.list().map(({ count, filling }) => (filling === String(count).repeat(700) ? count : NaN))
    if (counts.length === 0) return NOTHING_YET
    return counts.length === 2 && counts[0] === counts[1] ? counts[0]! : `torn: ${counts.join()}`
  } catch (error) {
    return `refused: ${String(error)}`
  }
}

const HEADER = 32
const FRAME = 4096 + 24

test('a log that was cut at any write, or whose last write is torn, gives whole transactions, the last of them the last that was whole', () => {
  const { main, log } = written()
  const whole = readBack(main, log)
  expect(whole).toBe(TRANSACTIONS)
  // The frames of these transactions begin the log anew: what is behind them are older ones.
  const frames = Math.min(Math.floor((log.length - HEADER) / FRAME), TRANSACTIONS * 4)
  const seen: number[] = []
  for (let frame = 0; frame <= frames; frame += 11) {
    for (const [cut, torn] of [[0, false], [100, false], [FRAME / 2, true]] as const) {
      const at = HEADER + frame * FRAME + cut
      const damaged = torn ? Buffer.concat([log.subarray(0, at), Buffer.alloc(Math.max(0, log.length - at), 0xa5)]) : log.subarray(0, at)
      const found = readBack(main, damaged)
      expect(found, `cut ${at} bytes in${torn ? ', with noise behind' : ''}`).toBeTypeOf('number')
      seen.push(found as number)
    }
  }
  expect(seen).toEqual(seen.toSorted((a, b) => a - b))
  expect(new Set(seen).size).toBeGreaterThan(5)
})

test('a damaged database file is refused in words, whichever page it is, or gives what it held', () => {
  const { main, log } = written()
  const bytes = readFileSync(main)
  for (let at = 0; at < Math.min(bytes.length, 6 * 4096); at += 4096) {
    const damaged = join(folder, 'page.db')
    writeFileSync(damaged, Buffer.concat([bytes.subarray(0, at), Buffer.alloc(512, 0xa5), bytes.subarray(at + 512)]))
    const found = readBack(damaged, log)
    if (found !== TRANSACTIONS) expect(found).toMatch(/^refused: EngineError: .*damaged/)
  }
})
