import { posix } from 'node:path'
import { EngineError, isEngineError } from '#shared/errors.ts'
import { createIgnoreMatcher, expandWord, type Heredoc, type InstructionOf } from '../../../core/dockerfile/dockerfile.ts'
import { fromText, type BytePath } from '../../../core/layers/byte-path.ts'
import { resolveUser } from '../../../core/runtime/spec/user.ts'
import type { Step } from '../build-run.ts'
import { planCopy, withFolders, type CopyEntry } from '../copy/copy-plan.ts'
import { parseFileMode } from '../copy/file-mode.ts'
import { openTree, type RootedTree } from '../copy/rooted-tree.ts'
import { selectSources } from '../copy/select-sources.ts'
import { digestEntries, whatIs, type CopiedDigest, type CopyAttributes, type KnownDigests } from '../copy/copied-entries.ts'
import { copyStepOf } from '../copy-step.ts'
import { sourceImage } from '../source-image.ts'
import { variablesOf, workingDirectory, type StageState } from '../stage-state.ts'
import { withView } from '../step-result.ts'

export async function copyStep(step: Step, instruction: InstructionOf<'COPY'>): Promise<StageState> {
  const { from } = instruction.flags
  if (from === undefined) {
    using tree = openTree(step.run.contextFolder, step.run.context.host.syscalls)
    return await copyFrom(step, instruction, tree, { uid: 0, gid: 0 })
  }
  const { chain } = await sourceImage(step, from)
  return withView(step, chain, (tree) => copyFrom(step, instruction, tree, undefined))
}

/** `owner` is what new files get without --chown; undefined keeps the source's. */
async function copyFrom(step: Step, instruction: InstructionOf<'COPY'>, sources: RootedTree | undefined, owner: { uid: number; gid: number } | undefined): Promise<StageState> {
  const { flags } = instruction
  const expand = (word: string) => expandWord(word, variablesOf(step.state), step.run.file.escape)
  const patterns = instruction.sources.map(expand)
  const destination = destinationOf(step, expand(instruction.destination))
  const fromContext = flags.from === undefined
  const find = once(() => (patterns.length === 0 || !sources ? [] : selectSources(sources, patterns, fromContext ? step.run.ignored : undefined)))
  const exclude = flags.exclude.map(expand)
  const excluded = exclude.length > 0 ? createIgnoreMatcher(exclude.join('\n')) : undefined
  const ignored = (path: string) => fromContext && step.run.ignored.ignores(path)
  const entries = async (place: BytePath, target: RootedTree | undefined) => [
    ...(find().length > 0 ? await planCopy({ sources: find(), destination: place, target, parents: flags.parents === true, ignored, excluded }) : []),
    ...(await heredocEntries(instruction.heredocs, place, expand, target)),
  ]
  const read = async () => {
    const all = await entries(asFolder(destination), undefined)
    return { digest: await digestEntries(step.run.context.layers, all, { owner, mode: undefined }, step.run), what: whatIs(all) }
  }
  return copyStepOf(step, {
    verb: `COPY ${ownershipWords(flags, expand)}`,
    destination,
    read: fromContext && instruction.heredocs.length === 0 ? await remembered(step.run.digests, JSON.stringify([patterns, destination, flags.parents, exclude]), read) : await read(),
    plan: async (target, root) => ({ entries: await entries(destination, target), attributes: await attributesOf(step, flags, root, owner, expand) }),
  })
}

async function remembered(digests: KnownDigests | undefined, words: string, read: () => Promise<CopiedDigest>): Promise<CopiedDigest> {
  const known = digests?.findCopy(words)
  if (known) return known
  const copied = await read()
  digests?.putCopy(words, copied)
  return copied
}

/** Made when it is first asked for. */
function once<Result>(make: () => Result): () => Result {
  let made: { result: Result } | undefined
  return () => (made ??= { result: make() }).result
}

export const asFolder = (path: BytePath): BytePath => (path.endsWith('/') ? path : `${path}/`)

export interface OwnershipFlags {
  chown?: string
  chmod?: string
}

export async function attributesOf(step: Step, flags: OwnershipFlags, root: string | undefined, otherwise: CopyAttributes['owner'], expand: (word: string) => string): Promise<CopyAttributes> {
  const mode = flags.chmod === undefined ? undefined : parseFileMode(expand(flags.chmod))
  if (flags.chown === undefined) return { owner: otherwise, mode }
  return { owner: await lookUpOwner(step, expand(flags.chown), root), mode }
}

/** An omitted group is the one with the number of the user: https://docs.docker.com/reference/dockerfile/#copy---chown---chmod */
async function lookUpOwner(step: Step, text: string, root: string | undefined): Promise<{ uid: number; gid: number }> {
  const numeric = /^(\d+)(?::(\d+))?$/.exec(text)
  if (numeric) return { uid: Number(numeric[1]), gid: Number(numeric[2] ?? numeric[1]) }
  const user = await resolveUser({ rootfs: root ?? '/nonexistent', user: text }, step.run.context.host).catch((error: unknown) => {
    if (!isEngineError(error)) throw error
    const [name] = text.split(':')
    throw new EngineError('invalid-argument', `unable to convert uid/gid chown string to host mapping: ${error.message.includes('user') ? `can't find uid for user ${name}: no such user: ${name}` : `can't find gid for group ${text.split(':')[1]}: no such group: ${text.split(':')[1]}`}`, { hint: 'Names are looked up in /etc/passwd and /etc/group of the image.', cause: error })
  })
  return { uid: user.uid, gid: text.includes(':') ? user.gid : user.uid }
}

export const destinationOf = (step: Step, destination: string): BytePath => {
  const absolute = fromText(posix.resolve(workingDirectory(step.state), destination))
  return absolute !== '/' && /(^|\/)\.?$/.test(destination) ? `${absolute}/` : absolute
}

export function heredocEntries(heredocs: readonly Heredoc[], destination: BytePath, expand: (word: string) => string, target: RootedTree | undefined): Promise<CopyEntry[]> {
  const toFolder = destination.endsWith('/') || target?.locate(destination)?.stat.isDirectory() === true
  const entries = heredocs.map((heredoc): CopyEntry => {
    const content = Buffer.from(heredoc.expand ? expandHeredoc(heredoc.content, expand) : heredoc.content)
    return { target: toFolder ? posix.join(destination, fromText(heredoc.name)) : destination, kind: 'file', content, stat: { mode: 0o100644, uid: 0, gid: 0, size: content.length, mtimeMs: Date.now() } }
  })
  return withFolders(entries, target)
}

/** Only variables are replaced in a here-document; quotes stay as they are. */
const expandHeredoc = (content: string, expand: (word: string) => string): string => expand(content.replace(/(["'])/g, '\\$1'))

export const ownershipWords = (flags: OwnershipFlags, expand: (word: string) => string): string =>
  [flags.chown && `--chown=${expand(flags.chown)} `, flags.chmod && `--chmod=${expand(flags.chmod)} `].filter(Boolean).join('')
