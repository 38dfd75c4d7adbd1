import { EngineError } from '#shared/errors.ts'
import { expandWord, type Dockerfile, type Instruction, type Stage, type Variables } from '../../core/dockerfile/dockerfile.ts'
import { DockerfileError } from '../../core/dockerfile/dockerfile.ts'
import type { ContextNames } from './named-context.ts'

/** A stage the target needs, with what it starts from. */
export interface PlannedStage {
  stage: Stage
  base: { kind: 'scratch' } | { kind: 'stage'; index: number } | { kind: 'image'; name: string } | { kind: 'context'; name: string }
  platform: string | undefined
  /** Indexes of the stages it starts from or copies from. */
  needs: number[]
  /** Number of its FROM among all steps of the build, from 1. */
  firstStep: number
}

export interface Plan {
  stages: PlannedStage[]
  contexts: ContextNames
  /** Index of each stage that has a name. */
  stageNames: ReadonlyMap<string, number>
  /** Index (in the file) of the stage that becomes the result. */
  target: number
  steps: number
  /** Values of the ARGs before the first FROM. */
  globals: Record<string, string>
}

type Named = { file: Dockerfile } & Pick<Plan, 'stageNames'>

/** @throws DockerfileError, EngineError invalid-argument (unknown target). */
export function planBuild(file: Dockerfile, options: { target?: string; buildArgs: Readonly<Record<string, string | null>>; labels?: Readonly<Record<string, string>>; platformArgs: Record<string, string>; contexts?: ContextNames; platform?: string }): Plan {
  const globals = globalArguments(file, options.buildArgs, options.platformArgs)
  const variables: Variables = (name) => globals[name] ?? options.platformArgs[name]
  const stageNames = new Map(file.stages.flatMap(({ name, index }): [string, number][] => (name === undefined ? [] : [[name, index]])))
  const all = file.stages.map((stage) => planStage(stage, { file, stageNames }, variables, options))
  const target = findTarget({ file, stageNames }, options.target)
  all[target] = { ...all[target]!, stage: withLabels(all[target]!.stage, options.labels ?? {}, file.escape) }
  const needed = reachable(all, target)
  let firstStep = 1 + file.globalArgs.length
  const stages = all
    .filter(({ stage }) => needed.has(stage.index))
    .map((planned) => {
      const numbered = { ...planned, firstStep }
      firstStep += 1 + planned.stage.instructions.length
      return numbered
    })
  return { stages, contexts: options.contexts ?? (() => undefined), stageNames, target, steps: firstStep - 1, globals }
}

/** Each --label is a LABEL at the end of the target, its text taken as it is. */
function withLabels(stage: Stage, labels: Readonly<Record<string, string>>, escape: string): Stage {
  const literal = (text: string) => `"${[...text].map((char) => (char === '"' || char === '$' || char === escape ? escape + char : char)).join('')}"`
  const names = Object.keys(labels).sort()
  const added = names.map((name): Instruction => ({ kind: 'LABEL', pairs: [{ name: literal(name), value: literal(labels[name]!) }], position: stage.position, text: `LABEL ${name}=${labels[name]}` }))
  return added.length === 0 ? stage : { ...stage, instructions: [...stage.instructions, ...added] }
}

function globalArguments(file: Dockerfile, buildArgs: Readonly<Record<string, string | null>>, platformArgs: Record<string, string>): Record<string, string> {
  const values: Record<string, string> = {}
  const variables: Variables = (name) => values[name] ?? platformArgs[name]
  for (const { args } of file.globalArgs)
    for (const { name, value } of args) {
      const given = buildArgs[name] ?? (value === undefined ? undefined : expandWord(value, variables, file.escape))
      if (given !== undefined) values[name] = given
    }
  return values
}

function planStage(stage: Stage, { file, stageNames }: Named, variables: Variables, { platform, contexts = () => undefined }: { platform?: string; contexts?: ContextNames }): Omit<PlannedStage, 'firstStep'> {
  const instead = stage.name === undefined ? undefined : contexts(stage.name)
  if (instead !== undefined) return { stage: { ...stage, instructions: [] }, base: { kind: 'context', name: instead }, platform, needs: [] }
  const name = expandWord(stage.base, variables, file.escape)
  if (name === '') throw new DockerfileError(stage.position, `base name (${stage.base}) should not be blank`)
  const own = stage.platform === undefined ? undefined : expandWord(stage.platform, variables, file.escape)
  const before = stageNamed({ stageNames }, name, stage.index)
  const given = before !== undefined ? undefined : contexts(name)
  const base: PlannedStage['base'] = given !== undefined ? { kind: 'context', name: given } : before !== undefined ? { kind: 'stage', index: before } : name === 'scratch' ? { kind: 'scratch' } : { kind: 'image', name }
  const copied = stage.instructions.flatMap((instruction) => {
    if (instruction.kind === 'COPY' && instruction.flags.from !== undefined) return [instruction.flags.from]
    return instruction.kind === 'RUN' ? instruction.mounts.flatMap((mount) => mount.options.from ?? []) : []
  })
  const needs = [...(before !== undefined ? [before] : []), ...copied.flatMap((from) => findStage({ stageNames }, expandWord(from, variables, file.escape), stage.index) ?? [])]
  return { stage, base, platform: own || platform, needs }
}

/** Index of the stage that `--from=name` means, if it means one; a number counts from 0. */
export function findStage(plan: Pick<Plan, 'stageNames'>, name: string, before: number): number | undefined {
  const found = stageNamed(plan, name, before)
  if (found !== undefined) return found
  return /^\d+$/.test(name) && Number(name) < before ? Number(name) : undefined
}

function stageNamed({ stageNames }: Pick<Plan, 'stageNames'>, name: string, before: number): number | undefined {
  const index = stageNames.get(name.toLowerCase())
  return index !== undefined && index < before ? index : undefined
}

function findTarget({ file, stageNames }: Named, target: string | undefined): number {
  if (!target) return file.stages.length - 1
  const index = findStage({ stageNames }, target, file.stages.length)
  if (index === undefined) throw new EngineError('invalid-argument', `target stage "${target}" could not be found`, { hint: `The Dockerfile has: ${file.stages.map((stage) => stage.name ?? stage.index).join(', ')}.` })
  return index
}

function reachable(stages: Omit<PlannedStage, 'firstStep'>[], target: number): Set<number> {
  const found = new Set([target])
  // A set also gives what is added to it while it is walked.
  for (const index of found) for (const needed of stages[index]!.needs) found.add(needed)
  return found
}
