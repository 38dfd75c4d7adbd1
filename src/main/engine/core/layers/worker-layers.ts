import type { Layers } from './layers.ts'
import { WorkerPool } from './worker-pool.ts'

const DEFAULT_LIMIT = 256 * 1024 ** 3

/** Layers in worker threads. */
export function createLayers(): Layers {
  const pool = new WorkerPool()
  return {
    apply: (source, directory, { whiteouts, expected, limit = DEFAULT_LIMIT, ...options }) => pool.run({ kind: 'apply', source, directory, whiteouts, expected, limit }, options),
    copy: (listed, directory, { whiteouts, digests = false, ...options }) => pool.run({ kind: 'copy', listed, directory, whiteouts, digests }, options),
    unpack: (archive, directory, options) => (typeof archive === 'string' ? pool.run({ kind: 'unpack', source: archive, directory }, options) : pool.feed({ kind: 'unpack', directory }, archive, options)),
    measure: (source, options) => pool.run({ kind: 'measure', source }, options),
    diff: (source, options) => pool.stream({ kind: 'stream', source }, options),
    pack: (directory, options) => pool.stream({ kind: 'stream', source: { tree: directory } }, options),
    digests: (files, options) => pool.run({ kind: 'digests', files }, options),
    entries: (source, options) => pool.stream({ kind: 'stream', source: { entriesOf: source } }, options),
    changes: (source) => pool.run({ kind: 'changes', source }),
    compress: (source, target, { algorithm = 'gzip', ...options } = {}) => pool.run({ kind: 'compress', source, target, algorithm }, options),
    usage: (directory) => pool.run({ kind: 'usage', directory }),
    remove: (directory) => pool.run({ kind: 'remove', directory }),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  }
}
