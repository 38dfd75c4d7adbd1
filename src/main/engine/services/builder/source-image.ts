import { EngineError, isEngineError } from '#shared/errors.ts'
import { expandWord } from '../../core/dockerfile/dockerfile.ts'
import type { Step } from './build-run.ts'
import { contextState } from './named-context.ts'
import type { BaseImage } from './needs.ts'
import { findStage } from './plan.ts'
import { fetchImage } from './stage-image.ts'
import { variablesOf } from './stage-state.ts'

/** What `--from=name` means: an earlier stage, a named context, or an image. Undefined chain: an empty tree. */
export async function sourceImage(step: Step, from: string): Promise<{ key: string; chain: BaseImage['chain'] }> {
  const name = expandWord(from, variablesOf(step.state), step.run.file.escape)
  const index = findStage(step.run.plan, name, step.stage.stage.index)
  if (index !== undefined) {
    const state = await step.run.finished(index)
    return { key: state.image ?? 'scratch', chain: state.chain }
  }
  if (name === String(step.stage.stage.index)) throw new EngineError('invalid-argument', `invalid from flag value ${name}: refers to current build stage`, { reason: 'dockerfile' })
  const context = step.run.plan.contexts(name)
  if (context !== undefined) {
    const state = await contextState(step, context)
    return { key: state.image ?? 'scratch', chain: state.chain }
  }
  if (name === 'scratch') return { key: 'scratch', chain: undefined }
  const image = await fetchImage(step.run, name, step.stage.platform, step.emit).catch((error: unknown) => {
    if (!isEngineError(error)) throw error
    throw new EngineError(error.code, `invalid from flag value ${name}: ${error.message}`, { reason: error.reason, hint: error.hint, cause: error })
  })
  return { key: image.id, chain: image.chain }
}
