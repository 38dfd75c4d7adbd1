import { expandWord, parseDockerfile, type Dockerfile, type Position } from '../../../core/dockerfile/dockerfile.ts'
import { planBuild } from '../plan.ts'
import { findProblems, type Finding } from './find-problems.ts'

export interface DescribeRequest {
  text: string
  target?: string
  buildArgs: Readonly<Record<string, string | null>>
}

/** What a Dockerfile takes and gives, found by reading it. */
export interface FileDescription {
  stages: DescribedStage[]
  /** What a build of the target takes. */
  args: { name: string; value: string | undefined; position: Position }[]
  mounts: { type: 'secret' | 'ssh' | 'cache'; id: string; required: boolean; position: Position }[]
  findings: Finding[]
}

export interface DescribedStage {
  name: string | undefined
  base: string
  platform: string | undefined
  isDefault: boolean
  /** The stage that a build makes whose target this describes. */
  isTarget: boolean
  position: Position
}

/** @throws DockerfileError, EngineError invalid-argument (unknown target) */
export function describeFile({ text, target, buildArgs }: DescribeRequest): FileDescription {
  const file = parseDockerfile(text)
  const plan = planBuild(file, { buildArgs, platformArgs: {}, ...(target && { target }) })
  const globals = (name: string) => plan.globals[name]
  const needed = plan.stages.map(({ stage }) => stage)
  return {
    stages: file.stages.map((stage, index) => ({ name: stage.name, base: expandWord(stage.base, globals, file.escape), platform: stage.platform, isDefault: index === file.stages.length - 1, isTarget: index === plan.target, position: stage.position })),
    args: argumentsOf(file, needed, plan.globals, buildArgs),
    mounts: needed.flatMap(({ instructions }) => instructions).flatMap((instruction) => (instruction.kind === 'RUN' ? instruction.mounts.flatMap((mount) => describeMount(mount, instruction.position)) : [])),
    findings: findProblems(file, text),
  }
}

/** Each once, where it is declared first. */
function argumentsOf(file: Dockerfile, needed: Dockerfile['stages'], globals: Record<string, string>, buildArgs: DescribeRequest['buildArgs']): FileDescription['args'] {
  const declared = [...file.globalArgs, ...needed.flatMap(({ instructions }) => instructions.filter((instruction) => instruction.kind === 'ARG'))]
  const found = new Map<string, FileDescription['args'][number]>()
  for (const { args, position } of declared)
    for (const { name, value } of args) {
      const known = found.get(name)
      const own = buildArgs[name] ?? globals[name] ?? (value === undefined ? undefined : expandWord(value, (other) => found.get(other)?.value, file.escape))
      if (!known) found.set(name, { name, value: own, position })
      else if (known.value === undefined) known.value = own
    }
  return [...found.values()]
}

type Mount = { type: string; options: Record<string, string> }

function describeMount({ type, options }: Mount, position: Position): FileDescription['mounts'] {
  const required = options['required'] !== undefined && options['required'] !== 'false'
  if (type === 'secret') return [{ type, id: options['id'] ?? lastPart(options['target'] ?? ''), required, position }]
  if (type === 'ssh') return [{ type, id: options['id'] ?? 'default', required, position }]
  return type === 'cache' ? [{ type, id: options['id'] ?? options['target'] ?? '', required: false, position }] : []
}

const lastPart = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
