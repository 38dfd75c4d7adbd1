import { posix } from 'node:path'
import { fromText } from '../../../core/layers/byte-path.ts'
import { withFolders } from '../copy/copy-plan.ts'
import { addEntries } from '../copy-step.ts'
import type { Step } from '../build-run.ts'
import { finishStep, withView, type StepResult } from '../step-result.ts'
import type { StageState } from '../stage-state.ts'

/** WORKDIR makes the folder where it is not there: a layer with that folder alone. */
export function workdirStep(step: Step, path: string, result: Omit<StepResult, 'make'>): Promise<StageState> {
  const make = () =>
    withView(step, step.state.chain, async (tree) => {
      const target = fromText(posix.normalize(path))
      if (path === '/' || tree?.locate(target)?.stat.isDirectory()) return undefined
      const folder = { target, kind: 'directory' as const, stat: { mode: 0o40755, uid: 0, gid: 0, size: 0, mtimeMs: Date.now() } }
      return addEntries(step, await withFolders([folder], tree), { owner: undefined, mode: undefined })
    })
  return finishStep(step, { ...result, make })
}
