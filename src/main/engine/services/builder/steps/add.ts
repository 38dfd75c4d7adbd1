import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, open, rm } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { extract, pack } from 'tar-stream'
import { EngineError } from '#shared/errors.ts'
import { createIgnoreMatcher, expandWord, type InstructionOf } from '../../../core/dockerfile/dockerfile.ts'
import { decompressed, detectCompression } from '../../../core/layers/decompress.ts'
import type { Step } from '../build-run.ts'
import { planCopy, withFolders, type CopyEntry } from '../copy/copy-plan.ts'
import { openTree, type RootedTree } from '../copy/rooted-tree.ts'
import { selectSources, type Source } from '../copy/select-sources.ts'
import { cloneRepository, isGitUrl } from '../git-source.ts'
import { fetchFile } from '../remote-file.ts'
import { variablesOf, type StageState } from '../stage-state.ts'
import { withView, withWorkFolder } from '../step-result.ts'
import { attributesOf, copyEntries, destinationOf, heredocEntries } from './copy.ts'

type Add = InstructionOf<'ADD'>

/** ADD: like COPY, and it unpacks local archives and fetches URLs and repositories. */
export async function addStep(step: Step, instruction: Add): Promise<StageState> {
  const expand = (word: string) => expandWord(word, variablesOf(step.state), step.run.file.escape)
  const destination = destinationOf(step, expand(instruction.destination))
  return withWorkFolder(step, (work) =>
    withView(step, step.state.chain, async (target, root) => {
      const entries: CopyEntry[] = heredocEntries(instruction.heredocs, destination, expand, target)
      for (const [index, source] of instruction.sources.map(expand).entries()) entries.push(...(await sourceEntries({ step, instruction, source, destination, target, work: join(work, String(index)), expand })))
      const attributes = await attributesOf(step, instruction.flags, root, undefined, expand)
      return copyEntries(step, entries, attributes, 'ADD ', destination)
    }),
  )
}

interface AddSource {
  step: Step
  instruction: Add
  source: string
  destination: string
  target: RootedTree | undefined
  work: string
  expand: (word: string) => string
}

async function sourceEntries(add: AddSource): Promise<CopyEntry[]> {
  if (isGitUrl(add.source)) return repositoryEntries(add)
  if (/^https?:\/\//i.test(add.source)) return urlEntries(add)
  using tree = openTree(add.step.run.contextFolder, add.step.run.context.host.syscalls)
  const found = selectSources(tree, [add.source], add.step.run.ignored)
  const several = add.instruction.sources.length > 1 || found.length > 1
  const planned = await Promise.all(found.map(async (source) => ((await isArchive(add, source)) ? archiveEntries(add, source.hostPath) : rootOwned(plan(add, [source], several)))))
  return planned.flat()
}

function plan(add: AddSource, sources: Source[], several: boolean): CopyEntry[] {
  const { instruction, step, target, expand } = add
  const destination = several && !add.destination.endsWith('/') ? `${add.destination}/` : add.destination
  const excluded = instruction.flags.exclude.length > 0 ? createIgnoreMatcher(instruction.flags.exclude.map(expand).join('\n')) : undefined
  return planCopy({ sources, destination, target, parents: instruction.flags.parents === true, ignored: (path) => step.run.ignored.ignores(path), excluded })
}

const rootOwned = (entries: CopyEntry[]): CopyEntry[] => entries.map((entry) => ({ ...entry, stat: { ...entry.stat, mode: entry.stat.mode, size: entry.stat.size, mtimeMs: entry.stat.mtimeMs, uid: 0, gid: 0 } }))

async function isArchive({ instruction }: AddSource, source: Source): Promise<boolean> {
  if (instruction.flags.unpack === false || !source.stat.isFile()) return false
  await using file = await open(source.hostPath)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0)
  if (bytesRead < 6) return false
  return buffer.toString('latin1', 257, 262) === 'ustar' || (detectCompression(buffer) !== 'none' && (await holdsTar(source.hostPath)))
}

/** Whether the uncompressed bytes begin like a tar archive; a lone gzip'ed file is not one. */
async function holdsTar(path: string): Promise<boolean> {
  const stream = await decompressed(createReadStream(path))
  let head = Buffer.alloc(0)
  try {
    for await (const chunk of stream) {
      head = Buffer.concat([head, chunk as Buffer])
      if (head.length >= 512) break
    }
  } catch {
    return false
  } finally {
    stream.destroy()
  }
  return head.toString('latin1', 257, 262) === 'ustar'
}

/** Unpacks into a folder of the step's own by the layers' safe rules, then copies from there with owners kept. */
async function archiveEntries(add: AddSource, path: string): Promise<CopyEntry[]> {
  const folder = `${add.work}-unpacked`
  await mkdir(folder, { recursive: true })
  const plain = `${add.work}.tar`
  await escapeWhiteouts(path, plain, add.step.run.signal)
  await add.step.run.context.layers.apply(plain, folder, { whiteouts: 'remove', signal: add.step.run.signal })
  await rm(plain)
  return treeEntries(add, folder, '')
}

/** A whiteout name in an archive that somebody ADDs is refused: it would delete instead of add. */
async function escapeWhiteouts(path: string, target: string, signal: AbortSignal): Promise<void> {
  const [reader, writer] = [extract(), pack()]
  reader.on('entry', (header, stream, next) => {
    if (posix.basename(header.name).startsWith('.wh.')) return void reader.destroy(new EngineError('invalid-argument', `the archive holds ${header.name}, a name that images reserve for deletions`))
    stream.pipe(writer.entry(header, next))
  })
  reader.on('finish', () => writer.finalize()).on('error', (error) => writer.destroy(error))
  await Promise.all([pipeline(await decompressed(createReadStream(path)), reader, { signal }), pipeline(writer, createWriteStream(target), { signal })])
}

function treeEntries(add: AddSource, folder: string, subfolder: string): CopyEntry[] {
  using tree = openTree(folder, add.step.run.context.host.syscalls)
  const found = tree.locate(subfolder)
  if (!found) throw new EngineError('not-found', `${add.source}: no such folder ${subfolder}`)
  const destination = add.destination.endsWith('/') ? add.destination : `${add.destination}/`
  return planCopy({ sources: [{ ...found, name: found.path, parentsPath: found.path }], destination, target: add.target, parents: false, ignored: () => false, excluded: undefined })
}

async function repositoryEntries(add: AddSource): Promise<CopyEntry[]> {
  const { step, instruction } = add
  const subfolder = await cloneRepository(step.run.context.host, add.source, add.work, { keepGitDir: instruction.flags.keepGitDir === true, signal: step.run.signal })
  if (!instruction.flags.keepGitDir) await rm(join(add.work, '.git'), { recursive: true, force: true })
  return rootOwned(treeEntries(add, add.work, subfolder))
}

async function urlEntries(add: AddSource): Promise<CopyEntry[]> {
  const { step, instruction, source, destination } = add
  const file = await fetchFile(source, add.work, step.run.signal)
  const checksum = instruction.flags.checksum && add.expand(instruction.flags.checksum)
  if (checksum && checksum !== file.digest) throw new EngineError('data-loss', `digest mismatch for ${source}: ${file.digest} (expected: ${checksum})`)
  const name = posix.basename(new URL(source).pathname)
  if (destination.endsWith('/') && (name === '' || name === '/')) throw new EngineError('invalid-argument', `cannot determine filename from url: ${source}`)
  const toFolder = destination.endsWith('/') || add.target?.locate(destination)?.stat.isDirectory() === true
  // A fetched file is private to root: https://docs.docker.com/reference/dockerfile/#add
  const entry: CopyEntry = { target: toFolder ? posix.join(destination, name) : destination, hostPath: file.path, kind: 'file', stat: { mode: 0o100600, uid: 0, gid: 0, size: file.size, mtimeMs: file.modifiedMs ?? 0 } }
  return withFolders([entry], add.target)
}
