import { toText, type BytePath } from '../../core/layers/byte-path.ts'
import type { Step } from './build-run.ts'
import type { CopyEntry } from './copy/copy-plan.ts'
import type { RootedTree } from './copy/rooted-tree.ts'
import { layerEntry, type CopiedDigest, type CopyAttributes } from './copy/copied-entries.ts'
import type { CommittedLayer } from './needs.ts'
import { noCommand, type StageState } from './stage-state.ts'
import { finishStep, withView } from './step-result.ts'

/** What a COPY or ADD reads, and where it goes. */
export interface CopyWork {
  verb: string
  destination: BytePath
  /** Of what is read, wherever it goes: with the image below, which the cache knows as well, it decides the result. So a step found in the cache mounts nothing. */
  read: CopiedDigest
  /** Once the image so far can be looked at. */
  plan: (target: RootedTree | undefined, root: string | undefined) => Promise<{ entries: readonly CopyEntry[]; attributes: CopyAttributes }>
}

/** The layer that holds the entries, as a step of its own. */
export function copyStepOf(step: Step, { verb, destination, read, plan }: CopyWork): Promise<StageState> {
  const make = async () => {
    const { entries, attributes } = await withView(step, step.state.chain, plan)
    if (entries.length === 0) return undefined
    return addEntries(step, entries, attributes)
  }
  return finishStep(step, { createdBy: `${noCommand(step.state)}${verb}${read.what}:${read.digest} in ${toText(destination)} `, next: step.state, make })
}

/** A layer of these on the image so far. */
export function addEntries({ run, state }: Step, entries: readonly CopyEntry[], attributes: CopyAttributes): Promise<CommittedLayer> {
  const { context, lease, signal } = run
  return context.images.addFiles(entries.map((entry) => layerEntry(entry, attributes)), { parent: state.chain, lease, signal })
}
