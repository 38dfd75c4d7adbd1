import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isEngineError } from '#shared/errors.ts'
import { mediaTypes } from '#shared/oci/descriptor.ts'
import { findReference, formatReference, parseReference } from '#shared/oci/reference.ts'
import { createIgnoreMatcher, parseDockerfile } from './core/dockerfile/dockerfile.ts'
import { TarReader } from './core/layers/tar-reader.ts'
import { answers, decodeQuery, encodeAnswer } from './core/network/dns/message.ts'
import { parseManifest } from './core/registry/parse-manifest.ts'
import { FrameDecoder } from './core/runtime/shim-frames.ts'
import { parseConfig } from './services/images/read-config.ts'
import { changedBytes } from './testing/changed-bytes.ts'
import { corpusOf } from './testing/corpus.ts'

/**
 * Everything that reads what strangers write, given what no one would write. The only way out besides a result is a refusal in words: no crash, and nothing that
 * takes longer than its input is worth (fast-check's own limit). Whatever is in a corpus is tried as it is, and then changed. `npm run fuzz` tries more, from
 * another seed each time, and prints what repeats a finding, which then belongs in the corpus.
 */
const RUNS = Number(process.env['SLIPWAY_FUZZ_RUNS'] ?? 300)
const SEED = Number(process.env['SLIPWAY_FUZZ_SEED'] ?? 1)

/** The examples come besides, and not instead. */
const settings = <Input extends unknown[]>(examples: Input[], runs = RUNS) => ({ numRuns: runs + examples.length, seed: SEED, examples })
const alone = (bytes: Buffer): [Buffer] => [bytes]
const orNoise = (corpus: readonly Uint8Array[]) => fc.oneof(changedBytes(corpus), fc.uint8Array({ maxLength: 4096 }).map((bytes) => Buffer.from(bytes)))

/** @throws whatever is no refusal in words. */
function refusedOr<Result>(work: () => Result): Result | undefined {
  try {
    return work()
  } catch (error) {
    if (!isEngineError(error) || error.code === 'internal' || error.message === '') throw error
    return undefined
  }
}

const dockerfiles = globSync('core/dockerfile/fixtures/*/*/Dockerfile', { cwd: import.meta.dirname }).map((path) => readFileSync(join(import.meta.dirname, path)))

test('Dockerfiles', () => {
  expect(dockerfiles.length).toBeGreaterThan(100)
  fc.assert(fc.property(orNoise(dockerfiles), (bytes) => void refusedOr(() => parseDockerfile(bytes.toString()))), settings(dockerfiles.map(alone)))
})

test('.dockerignore', { timeout: 60_000 }, () => {
  // Stars beyond counting would take a backtracking expression for ever.
  expect(createIgnoreMatcher(`${'*a'.repeat(30)}b`).ignores('a'.repeat(200))).toBe(false)
  expect(createIgnoreMatcher(`${'**/*a'.repeat(30)}*`).ignores('x/a/'.repeat(29) + 'a')).toBe(true)
  const corpus = corpusOf('ignore')
  fc.assert(fc.property(orNoise(corpus), fc.string({ unit: 'binary' }), (bytes, path) => {
    const matcher = refusedOr(() => createIgnoreMatcher(bytes.toString()))
    if (matcher) for (const name of [path, 'a/x/b', 'a'.repeat(200)]) refusedOr(() => matcher.ignores(name))
  }), settings(corpus.map((bytes): [Buffer, string] => [bytes, 'a/b/c']), Math.ceil(RUNS / 5)))
})

test('references: what is taken is taken again as it is written', () => {
  const corpus = corpusOf('references').flatMap((bytes) => bytes.toString().split('\n')).map((line) => Buffer.from(line))
  fc.assert(fc.property(orNoise(corpus), (bytes) => {
    const reference = refusedOr(() => parseReference(bytes.toString()))
    refusedOr(() => findReference(bytes.toString()))
    if (reference) expect(parseReference(formatReference(reference))).toEqual(reference)
  }), settings(corpus.map(alone)))
})

test('manifests and configs', () => {
  const corpus = corpusOf('manifests')
  const types = [mediaTypes.ociManifest, mediaTypes.ociIndex, '', 'text/plain']
  const documents = fc.oneof(orNoise(corpus), fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value))))
  fc.assert(fc.property(documents, fc.constantFrom(...types), (bytes, type) => {
    const parsed = refusedOr(() => parseManifest(bytes, type))
    if (parsed) expect(Array.isArray(parsed.kind === 'index' ? parsed.index.manifests : parsed.manifest.layers)).toBe(true)
    refusedOr(() => parseConfig(bytes))
  }), settings(corpus.flatMap((bytes) => types.map((type): [Buffer, string] => [bytes, type]))))
})

test('tar archives in pieces of any size: never more content than was announced', () => {
  const corpus = corpusOf('tar')
  fc.assert(fc.property(orNoise(corpus), fc.integer({ min: 1, max: 1500 }), (bytes, piece) => {
    let announced = 0
    let given = 0
    const reader = new TarReader({ entry: ({ size }) => void (announced += size), data: (chunk) => void (given += chunk.length), complete() {} })
    refusedOr(() => {
      for (let at = 0; at < bytes.length; at += piece) reader.write(bytes.subarray(at, at + piece))
      reader.end()
    })
    expect(given).toBeLessThanOrEqual(Math.max(announced, 0))
    expect(given).toBeLessThanOrEqual(bytes.length)
  }), settings(corpus.map((bytes): [Buffer, number] => [bytes, 700])))
})

test('DNS packets', () => {
  const query = Buffer.from('123401000001000000000000037765620000010001', 'hex')
  const corpus = corpusOf('dns')
  fc.assert(fc.property(orNoise(corpus), (bytes) => {
    const read = decodeQuery(bytes)
    if (read && !('malformed' in read)) encodeAnswer(read, { code: 0, records: [] }, false)
    answers(bytes, 0x1234, query.subarray(12))
  }), settings(corpus.map(alone)))
})

test('frames of a shim: any bytes, in any pieces, give frames or the one refusal', () => {
  const corpus = corpusOf('frames')
  fc.assert(fc.property(orNoise(corpus), fc.integer({ min: 1, max: 99 }), (bytes, piece) => {
    const decoder = new FrameDecoder()
    try {
      for (let at = 0; at < bytes.length; at += piece) decoder.push(bytes.subarray(at, at + piece))
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError)
    }
  }), settings(corpus.map((bytes): [Buffer, number] => [bytes, 7])))
})
