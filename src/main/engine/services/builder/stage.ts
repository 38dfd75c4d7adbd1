import { configure, parseTrigger, StepError, type Instruction } from '../../core/dockerfile/dockerfile.ts'
import { isEngineError } from '#shared/errors.ts'
import { shortId } from '#shared/oci/digest.ts'
import { stepId } from './build-observer.ts'
import type { BuildMessage } from './builder.ts'
import type { BuildRun, Step } from './build-run.ts'
import { contextState } from './named-context.ts'
import type { PlannedStage } from './plan.ts'
import { fetchImage } from './stage-image.ts'
import { baseState, defaults, noCommand, scratchState, variablesOf, withDefaults, type StageState } from './stage-state.ts'
import { finishStep } from './step-result.ts'
import { addStep } from './steps/add.ts'
import { argStep, proxyArguments } from './steps/arguments.ts'
import { copyStep } from './steps/copy.ts'
import { runStep } from './steps/run.ts'
import { workdirStep } from './steps/workdir.ts'

/** As Docker sends it: the line, and then its end. */
export function tellStep(emit: (message: BuildMessage) => void, number: number, of: number, text: string): void {
  emit({ stream: `Step ${number}/${of} : ${text}` })
  emit({ stream: '\n' })
}

/** Walks one stage from its FROM to its last instruction, and says which image that made: a client takes the last one it hears of. */
export async function runStage(run: BuildRun, stage: PlannedStage, emit: (message: BuildMessage) => void): Promise<StageState> {
  const say = (stream: string) => emit({ stream })
  const at = (number: number, text: string) => tellStep(emit, number, run.plan.steps, text)
  at(stage.firstStep, stage.stage.text)
  const { observer } = run.request
  const emitProgress = (id: string) => (message: BuildMessage) => {
    emit(message)
    if ('progress' in message) observer?.progress(id, message.progress)
  }
  const stepOf = (instruction: number | 'from') => {
    const id = stepId(stage.stage.index, instruction)
    return { id, emit: emitProgress(id) }
  }
  const from: Step = { ...stepOf('from'), run, stage, state: scratchState(run.platform), position: stage.stage.position, observer, say }
  let state = await located(from, () => startStage(from))
  for (const [index, instruction] of stage.stage.instructions.entries()) {
    run.signal.throwIfAborted()
    at(stage.firstStep + 1 + index, instruction.text)
    state = await located({ ...from, ...stepOf(index), state, position: instruction.position }, (step) => runInstruction(step, instruction), instruction.kind)
  }
  if (state.image) emit({ aux: { ID: state.image } })
  return state
}

async function startStage(step: Step): Promise<StageState> {
  const { run, stage } = step
  const args = proxyArguments(run.request.buildArgs)
  if (stage.base.kind === 'scratch') {
    step.say(' ---> \n')
    return { ...step.state, args }
  }
  if (stage.base.kind === 'stage') {
    const state = await run.finished(stage.base.index)
    step.say(` ---> ${state.image ? shortId(state.image) : ''}\n`)
    const { image, chain, config } = state
    const own = { image, chain, config, args, commandSet: false }
    return runTriggers({ ...step, state: image ? { ...own, from: { image, chain, config } } : own })
  }
  if (stage.base.kind === 'context') {
    const state = await contextState(step, stage.base.name)
    step.say(` ---> ${state.image ? shortId(state.image) : ''}\n`)
    return runTriggers({ ...step, state: { ...state, args } })
  }
  const image = await fetchImage(run, stage.base.name, stage.platform, step.emit)
  if (!image.config.config?.OnBuild?.length) step.say(` ---> ${shortId(image.id)}\n`)
  return runTriggers({ ...step, state: { ...baseState(image), args } })
}

/** The ONBUILD instructions of the base, image or stage, run first, and are not inherited further. */
async function runTriggers(step: Step): Promise<StageState> {
  const triggers = defaults(step.state).OnBuild ?? []
  if (triggers.length === 0) return step.state
  step.say(`# Executing ${triggers.length} build trigger${triggers.length === 1 ? '' : 's'}`)
  step.say('\n')
  let state = withDefaults(step.state, { OnBuild: null })
  for (const trigger of triggers) state = await runInstruction({ ...step, state }, parseTrigger(trigger, step.position))
  return state
}

async function runInstruction(step: Step, instruction: Instruction): Promise<StageState> {
  if (instruction.kind === 'RUN') return runStep(step, instruction)
  if (instruction.kind === 'COPY') return copyStep(step, instruction)
  if (instruction.kind === 'ADD') return addStep(step, instruction)
  if (instruction.kind === 'ARG') return argStep(step, instruction)
  const { change, text, author } = configure(instruction, { defaults: defaults(step.state), commandSet: step.state.commandSet }, variablesOf(step.state), step.run.file.escape)!
  const changed = withDefaults(step.state, change)
  const config = author === undefined ? changed.config : { ...changed.config, author }
  const next = { ...changed, config, commandSet: step.state.commandSet || instruction.kind === 'CMD' }
  // Docker writes WORKDIR with one space less.
  const result = { createdBy: `${noCommand(next)}${instruction.kind === 'WORKDIR' ? '' : ' '}${text}`, next }
  return instruction.kind === 'WORKDIR' ? workdirStep(step, change.WorkingDir!, result) : finishStep(step, { ...result, make: async () => undefined })
}

/** Shows the line of the Dockerfile at which a step failed. */
async function located(step: Step, work: (step: Step) => Promise<StageState>, kind?: Instruction['kind']): Promise<StageState> {
  step.observer?.started(step.id)
  try {
    const state = await work(step)
    step.observer?.ended(step.id)
    return state
  } catch (error) {
    step.observer?.ended(step.id, error)
    if (step.run.signal.aborted) throw error
    const { line, endLine } = step.position
    step.say(`${excerpt(step.run.source, line, endLine)}\n`)
    if (!isEngineError(error)) throw error
    const prefix = error.reason === 'copy-source' ? `${kind} failed: ` : ''
    throw new StepError(step.position, error, `${prefix}${error.message}`)
  }
}

function excerpt(source: string, first: number, last: number): string {
  const lines = source.split(/\r?\n/)
  const [from, to] = [Math.max(1, first - 1), Math.min(lines.length, last + 1)]
  const shown = lines.slice(from - 1, to).map((text, index) => `${String(from + index).padStart(4)} | ${from + index >= first && from + index <= last ? '>>> ' : '    '}${text}`)
  return ['--------------------', ...shown, '--------------------'].join('\n')
}
