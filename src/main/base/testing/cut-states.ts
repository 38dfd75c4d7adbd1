import { createHash } from 'node:crypto'
import { dirname } from 'node:path'
import type { Step } from './recording-disk.ts'

/** What a disk may hold after a cut: files by their paths. */
export type Files = ReadonlyMap<string, Buffer>

export interface CutState {
  /** For the message of a test that fails. */
  title: string
  files: Files
  /** What the power took is not there, or may not be. */
  power: boolean
  told: readonly string[]
}

type Naming = Extract<Step, { kind: 'name' | 'rename' | 'remove' }>

/** After each step: as a kill leaves the disk, and each way in which a power cut may. What was so before is not given again. */
export function* cutStates(steps: readonly Step[]): Generator<CutState> {
  const before = new Set<string>()
  for (const state of everyState(steps)) {
    const key = JSON.stringify([state.power, state.told, [...state.files].map(([path, bytes]) => [path, fingerprint(bytes)]).sort()])
    if (!before.has(key)) yield state
    before.add(key)
  }
}

const fingerprints = new WeakMap<Buffer, string>()
/** The same for the same bytes. */
export function fingerprint(bytes: Buffer): string {
  let found = fingerprints.get(bytes)
  if (found === undefined) fingerprints.set(bytes, (found = createHash('sha1').update(bytes).digest('hex')))
  return found
}

function* everyState(steps: readonly Step[]): Generator<CutState> {
  const contents = createContents()
  for (let count = 0; count <= steps.length; count++) {
    const done = steps.slice(0, count)
    const last = done.at(-1)
    if (last) contents.take(last)
    const told = done.flatMap((step) => (step.kind === 'told' ? [step.what] : []))
    const at = `after ${count} of ${steps.length} steps (${describe(last)})`
    const { certain, pending } = namings(done)
    yield { title: `${at}, killed`, files: filesOf(done, [...certain, ...pending], contents, (bytes) => bytes), power: false, told }
    for (const [how, names, left] of losses(certain, pending)) yield { title: `${at}, without power: ${how}`, files: filesOf(done, names, contents, left), power: true, told }
  }
}

type Left = (bytes: Buffer, synced: Buffer) => Buffer

/** How a power cut treats what was not synced: names and bytes each by themselves. */
function* losses(certain: readonly Naming[], pending: readonly Naming[]): Generator<[how: string, names: readonly Naming[], left: Left]> {
  const all = [...certain, ...pending]
  yield ['neither names nor bytes', certain, (_, synced) => synced]
  yield ['names, no bytes', all, (_, synced) => synced]
  yield ['names, and zeroes for bytes', all, (bytes, synced) => Buffer.concat([synced, Buffer.alloc(Math.max(0, bytes.length - synced.length))])]
  yield ['names, and half of the bytes', all, (bytes, synced) => (bytes.length > synced.length ? bytes.subarray(0, synced.length + Math.floor((bytes.length - synced.length) / 2)) : synced)]
  yield ['bytes, no names', certain, (bytes) => bytes]
  for (const one of pending) {
    yield [`only ${describe(one)}`, [...certain, one], (bytes) => bytes]
    yield [`all but ${describe(one)}`, all.filter((other) => other !== one), (bytes) => bytes]
  }
}

/** A sync of a folder makes the names in it certain. A rename between two folders is one step in both. */
function namings(done: readonly Step[]): { certain: Naming[]; pending: Naming[] } {
  const certain: Naming[] = []
  let pending: Naming[] = []
  for (const step of done) {
    if (step.kind === 'name' || step.kind === 'rename' || step.kind === 'remove') pending.push(step)
    if (step.kind !== 'sync-folder') continue
    certain.push(...pending.filter((naming) => foldersOf(naming).includes(step.path)))
    pending = pending.filter((naming) => !certain.includes(naming))
  }
  return { certain, pending }
}

const foldersOf = (naming: Naming): string[] => (naming.kind === 'rename' ? [dirname(naming.from), dirname(naming.to)] : [dirname(naming.path)])

/** A file whose first name was lost may have got a later one. */
function filesOf(done: readonly Step[], names: readonly Naming[], contents: Contents, left: Left): Files {
  const wanted = new Set<Step>(names)
  // Which file a name stood for is what all steps say; whether it is there, those that are left.
  const [truth, found] = [new Map<string, number>(), new Map<string, number>()]
  for (const step of done) {
    if (step.kind === 'name') {
      truth.set(step.path, step.file)
      if (wanted.has(step)) found.set(step.path, step.file)
    } else if (step.kind === 'rename') {
      const file = truth.get(step.from)!
      truth.delete(step.from)
      truth.set(step.to, file)
      if (!wanted.has(step)) continue
      if (found.get(step.from) === file) found.delete(step.from)
      found.set(step.to, file)
    } else if (step.kind === 'remove') {
      truth.delete(step.path)
      if (wanted.has(step)) found.delete(step.path)
    }
  }
  return new Map([...found].map(([path, file]) => [path, left(...contents.of(file))]))
}

const NONE = Buffer.alloc(0)

interface Contents {
  /** As written, and as of the last sync. */
  of(file: number): [bytes: Buffer, synced: Buffer]
  take(step: Step): void
}

function createContents(): Contents {
  const [bytes, synced] = [new Map<number, Buffer>(), new Map<number, Buffer>()]
  return {
    of: (file) => [bytes.get(file) ?? NONE, synced.get(file) ?? NONE],
    take(step) {
      if (step.kind === 'write') bytes.set(step.file, Buffer.concat([bytes.get(step.file) ?? NONE, step.bytes]))
      else if (step.kind === 'truncate') bytes.set(step.file, (bytes.get(step.file) ?? NONE).subarray(0, step.size))
      else if (step.kind === 'sync') synced.set(step.file, bytes.get(step.file) ?? NONE)
    },
  }
}

function describe(step: Step | undefined): string {
  if (!step) return 'none'
  if (step.kind === 'rename') return `rename ${step.from} ${step.to}`
  return `${step.kind} ${'path' in step ? step.path : 'file' in step ? step.file : step.what}`
}
