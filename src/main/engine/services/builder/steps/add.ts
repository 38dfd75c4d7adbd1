import { createReadStream } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { EngineError } from '#shared/errors.ts'
import { createIgnoreMatcher, expandWord, type InstructionOf } from '../../../core/dockerfile/dockerfile.ts'
import { fromText, toPath, type BytePath } from '../../../core/layers/byte-path.ts'
import { decompressed, detectCompression } from '../../../core/layers/decompress.ts'
import type { Step } from '../build-run.ts'
import { planCopy, withFolders, type CopyEntry } from '../copy/copy-plan.ts'
import { openTree, type RootedTree } from '../copy/rooted-tree.ts'
import { selectSources, type Source } from '../copy/select-sources.ts'
import { digestEntries, whatIs } from '../copy/copied-entries.ts'
import { cloneRepository, isGitUrl } from '../git-source.ts'
import { fetchFile } from '../remote-file.ts'
import { variablesOf, type StageState } from '../stage-state.ts'
import { withWorkFolder } from '../step-result.ts'
import { copyStepOf } from '../copy-step.ts'
import { asFolder, attributesOf, destinationOf, heredocEntries, ownershipWords } from './copy.ts'

type Add = InstructionOf<'ADD'>

/** ADD: like COPY, and it unpacks local archives and fetches URLs and repositories. */
export async function addStep(step: Step, instruction: Add): Promise<StageState> {
  const expand = (word: string) => expandWord(word, variablesOf(step.state), step.run.file.escape)
  const destination = destinationOf(step, expand(instruction.destination))
  return withWorkFolder(step, async (work) => {
    const found = await Promise.all(instruction.sources.map(expand).map((source, index) => findSource({ step, instruction, source, destination, work: join(work, String(index)), expand })))
    const heredocs = (place: BytePath, target: RootedTree | undefined) => heredocEntries(instruction.heredocs, place, expand, target)
    const read = [...found.flatMap((source) => source.read), ...(await heredocs(asFolder(destination), undefined))]
    const plan = async (target: RootedTree | undefined, root: string | undefined) => {
      const planned = await Promise.all(found.map((source) => source.plan(target)))
      return { entries: [...planned.flat(), ...(await heredocs(destination, target))], attributes: await attributesOf(step, instruction.flags, root, undefined, expand) }
    }
    const digest = await digestEntries(step.run.context.layers, read, { owner: undefined, mode: undefined }, step.run)
    return copyStepOf(step, { verb: `ADD ${ownershipWords(instruction.flags, expand)}`, destination, read: { digest, what: whatIs(read) }, plan })
  })
}

interface AddSource {
  step: Step
  instruction: Add
  source: string
  destination: BytePath
  work: string
  expand: (word: string) => string
}

/** `read`: what the digest is of. `plan`: what goes into the layer. */
interface Found {
  read: CopyEntry[]
  plan: (target: RootedTree | undefined) => Promise<CopyEntry[]>
}

async function findSource(add: AddSource): Promise<Found> {
  if (isGitUrl(add.source)) return fetchRepository(add)
  if (/^https?:\/\//i.test(add.source)) return fetchUrl(add)
  using tree = openTree(add.step.run.contextFolder, add.step.run.context.host.syscalls)
  const found = selectSources(tree, [add.source], add.step.run.ignored)
  const several = add.instruction.sources.length > 1 || found.length > 1
  const parts = await Promise.all(found.map(async (source, index): Promise<Found> => {
    const entries = async (destination: BytePath, target: RootedTree | undefined) => rootOwned(await planLocal(add, [source], destination, target))
    const read = await entries(asFolder(add.destination), undefined)
    if (await isArchive(add, source)) return { read, plan: (target) => archiveEntries(add, source.hostPath, String(index), target) }
    return { read, plan: (target) => entries(several ? asFolder(add.destination) : add.destination, target) }
  }))
  return { read: parts.flatMap(({ read }) => read), plan: async (target) => (await Promise.all(parts.map(({ plan }) => plan(target)))).flat() }
}

function planLocal({ instruction, step, expand }: AddSource, sources: Source[], destination: BytePath, target: RootedTree | undefined): Promise<CopyEntry[]> {
  const excluded = instruction.flags.exclude.length > 0 ? createIgnoreMatcher(instruction.flags.exclude.map(expand).join('\n')) : undefined
  return planCopy({ sources, destination, target, parents: instruction.flags.parents === true, ignored: (path) => step.run.ignored.ignores(path), excluded })
}

const rootOwned = (entries: CopyEntry[]): CopyEntry[] => entries.map((entry) => ({ ...entry, stat: { mode: entry.stat.mode, size: entry.stat.size, mtimeMs: entry.stat.mtimeMs, uid: 0, gid: 0 } }))

async function isArchive({ instruction }: AddSource, source: Source): Promise<boolean> {
  if (instruction.flags.unpack === false || !source.stat.isFile()) return false
  await using file = await open(toPath(source.hostPath))
  const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0)
  if (bytesRead < 6) return false
  return buffer.toString('latin1', 257, 262) === 'ustar' || (detectCompression(buffer) !== 'none' && (await holdsTar(source.hostPath)))
}

/** Whether the uncompressed bytes begin like a tar archive; a lone gzip'ed file is not one. */
async function holdsTar(path: BytePath): Promise<boolean> {
  const stream = await decompressed(createReadStream(toPath(path)))
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

/** Unpacks into a folder of the step's own by the layers' safe rules, then copies from there; what is in an archive keeps its owners, whatever --chown says. */
async function archiveEntries(add: AddSource, path: BytePath, name: string, target: RootedTree | undefined): Promise<CopyEntry[]> {
  const folder = `${add.work}-${name}-unpacked`
  await mkdir(folder, { recursive: true })
  await add.step.run.context.layers.unpack(await decompressed(createReadStream(toPath(path))), folder, { refuseWhiteouts: true, own: true, signal: add.step.run.signal })
  return (await treeEntries(add, folder, '', add.destination, target)).map((entry) => ({ ...entry, unpacked: true }))
}

async function treeEntries(add: AddSource, folder: string, subfolder: string, place: BytePath, target: RootedTree | undefined): Promise<CopyEntry[]> {
  using tree = openTree(folder, add.step.run.context.host.syscalls)
  const found = tree.locate(fromText(subfolder))
  if (!found) throw new EngineError('not-found', `${add.source}: no such folder ${subfolder}`)
  return await planCopy({ sources: [{ ...found, name: found.path, parentsPath: found.path }], destination: asFolder(place), target, parents: false, ignored: () => false, excluded: undefined })
}

async function fetchRepository(add: AddSource): Promise<Found> {
  const { step, instruction } = add
  const subfolder = await cloneRepository(step.run.context.host, add.source, add.work, { keepGitDir: instruction.flags.keepGitDir === true, signal: step.run.signal })
  const entries = async (target: RootedTree | undefined) => rootOwned(await treeEntries(add, add.work, subfolder, add.destination, target))
  return { read: await entries(undefined), plan: entries }
}

async function fetchUrl(add: AddSource): Promise<Found> {
  const { step, instruction, source, destination } = add
  const file = await fetchFile(source, add.work, step.run.signal)
  const checksum = instruction.flags.checksum && add.expand(instruction.flags.checksum)
  if (checksum && checksum !== file.digest) throw new EngineError('data-loss', `digest mismatch for ${source}: ${file.digest} (expected: ${checksum})`)
  const name = fromText(posix.basename(new URL(source).pathname))
  if (destination.endsWith('/') && (name === '' || name === '/')) throw new EngineError('invalid-argument', `cannot determine filename from url: ${source}`)
  // A fetched file is private to root: https://docs.docker.com/reference/dockerfile/#add
  const stat = { mode: 0o100600, uid: 0, gid: 0, size: file.size, mtimeMs: file.modifiedMs ?? 0 }
  const entry = (target: BytePath): CopyEntry => ({ target, hostPath: fromText(file.path), kind: 'file', stat })
  const plan = (target: RootedTree | undefined) => {
    const toFolder = destination.endsWith('/') || target?.locate(destination)?.stat.isDirectory() === true
    return withFolders([entry(toFolder ? posix.join(destination, name) : destination)], target)
  }
  return { read: [entry(posix.join(destination, name))], plan }
}
