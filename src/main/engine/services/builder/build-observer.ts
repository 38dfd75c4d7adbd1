import type { Instruction } from '../../core/dockerfile/dockerfile.ts'
import type { Plan, PlannedStage } from './plan.ts'

/** For a client that draws every step by itself, as they run side by side. The lines of {@link BuildMessage} tell the same in one stream. */
export interface BuildObserver {
  /** Before the first step: all there will be, in the order of the file. */
  planned(steps: readonly ObservedStep[]): void
  started(step: string): void
  /** The result was found, not made. */
  cached(step: string): void
  output(step: string, stream: 'stdout' | 'stderr', text: string): void
  progress(step: string, progress: { id?: string; status: string; current?: number; total?: number }): void
  ended(step: string, error?: unknown): void
}

export interface ObservedStep {
  id: string
  kind: 'FROM' | Instruction['kind']
  /** As written. */
  text: string
  stage: { name: string | undefined; index: number; platform: string | undefined }
  /** Of a FROM: the image. */
  image?: string
  /** Steps it builds on. */
  after: readonly string[]
}

export const stepId = (stage: number, instruction: number | 'from'): string => `${stage}.${instruction}`

/** The steps of the stages that are needed. */
export function observedSteps(plan: Plan): ObservedStep[] {
  const stages = new Map(plan.stages.map(({ stage }) => [stage.index, stage]))
  const last = (index: number) => {
    const { instructions } = stages.get(index)!
    return stepId(index, instructions.length === 0 ? 'from' : instructions.length - 1)
  }
  return plan.stages.flatMap((planned) => stepsOf(planned, last))
}

function stepsOf({ stage, base, platform, needs }: PlannedStage, last: (index: number) => string): ObservedStep[] {
  const common = { stage: { name: stage.name, index: stage.index, platform } }
  const from: ObservedStep = { ...common, id: stepId(stage.index, 'from'), kind: 'FROM', text: stage.text, ...(base.kind === 'image' && { image: base.name }), after: needs.map(last) }
  const rest = stage.instructions.map((instruction, index): ObservedStep => ({ ...common, id: stepId(stage.index, index), kind: instruction.kind, text: instruction.text, after: [stepId(stage.index, index === 0 ? 'from' : index - 1)] }))
  return [from, ...rest]
}
