import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Job } from './jobs.ts'
import type { ComingOptions, Layers } from './layers.ts'
import { WorkerPool } from './worker-pool.ts'

const DEFAULT_LIMIT = 256 * 1024 ** 3

/** Layers in worker threads. */
export function createLayers(): Layers {
  const pool = new WorkerPool()
  return {
    apply: (source, directory, { whiteouts, expected, limit = DEFAULT_LIMIT, ...options }) => pool.run({ kind: 'apply', source, directory, whiteouts, expected, limit }, options),
    take: (archive, directory, { whiteouts, ...options }) => read(pool, { kind: 'take', directory, whiteouts, limit: DEFAULT_LIMIT }, archive, options),
    copy: (listed, directory, { whiteouts, digests = false, below = [], ...options }) => pool.run({ kind: 'copy', listed, directory, whiteouts, digests, below }, options),
    unpack: (archive, directory, { refuseWhiteouts = false, ...options } = {}) => read(pool, { kind: 'unpack', directory, refuseWhiteouts }, archive, options),
    measure: (source, options) => pool.run({ kind: 'measure', source }, options),
    diff: (source, options) => pool.stream({ kind: 'stream', source }, options),
    pack: (directory, { leaveOut = [], ...options } = {}) => pool.stream({ kind: 'stream', source: { tree: directory, leaveOut } }, options),
    digests: (files, options) => pool.run({ kind: 'digests', files }, options),
    entries: (source, options) => pool.stream({ kind: 'stream', source: { entriesOf: source } }, options),
    changes: (source) => pool.run({ kind: 'changes', source }),
    compress: (source, target, { algorithm = 'gzip', ...options } = {}) => pool.run({ kind: 'compress', source, target, algorithm }, options),
    usage: (directory) => pool.run({ kind: 'usage', directory }),
    remove: (directory) => pool.run({ kind: 'remove', directory }),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  }
}

/** A file, or what comes: as it does, or, where too many others do, once it has come. */
async function read<Result>(pool: WorkerPool, job: Job & { kind: 'take' | 'unpack' }, archive: string | Readable, options: ComingOptions = {}): Promise<Result> {
  if (typeof archive === 'string') return pool.run({ ...job, source: archive }, options)
  if (pool.mayFeed) return pool.feed(job, archive, options)
  const file = `${job.directory}.tar`
  try {
    await pipeline(archive, createWriteStream(file, { mode: 0o600, highWaterMark: 2 ** 20 }), { ...(options.signal && { signal: options.signal }) })
    return await pool.run({ ...job, source: file }, options)
  } finally {
    await rm(file, { force: true })
  }
}
