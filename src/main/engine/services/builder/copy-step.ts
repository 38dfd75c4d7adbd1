import { join } from 'node:path'
import type { Step } from './build-run.ts'
import type { CopyEntry } from './copy/copy-plan.ts'
import type { RootedTree } from './copy/rooted-tree.ts'
import { writeEntries, type CopyAttributes } from './copy/write-copy.ts'
import { noCommand, type StageState } from './stage-state.ts'
import { finishStep, withView, withWorkFolder } from './step-result.ts'

/** What a COPY or ADD reads, and where it goes. */
export interface CopyWork {
  verb: string
  destination: string
  /** Of what is read, wherever it goes: with the image below, which the cache knows as well, it decides the result. So a step found in the cache mounts nothing. */
  digest: string
  read: readonly CopyEntry[]
  /** Once the image so far can be looked at. */
  plan: (target: RootedTree | undefined, root: string | undefined) => Promise<{ entries: readonly CopyEntry[]; attributes: CopyAttributes }>
}

/** The layer that holds the entries, as a step of its own. */
export function copyStepOf(step: Step, { verb, destination, digest, read, plan }: CopyWork): Promise<StageState> {
  const files = read.filter((entry) => entry.kind === 'file').length
  const make = async () => {
    const { entries, attributes } = await withView(step, step.state.chain, plan)
    if (entries.length === 0) return undefined
    return withWorkFolder(step, async (folder) => {
      const archive = join(folder, 'layer.tar')
      await writeEntries(entries, attributes, archive, step.run.signal)
      return step.run.context.images.addLayer(archive, { parent: step.state.chain, lease: step.run.lease, signal: step.run.signal })
    })
  }
  return finishStep(step, { createdBy: `${noCommand(step.state)}${verb}${files > 1 ? 'multi' : files === 1 ? 'file' : 'dir'}:${digest} in ${destination} `, next: step.state, make })
}
