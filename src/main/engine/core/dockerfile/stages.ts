import { DockerfileError } from './dockerfile-error.ts'
import { Flags } from './flags.ts'
import { splitWords } from './forms.ts'
import type { Dockerfile, Instruction, InstructionOf, Stage } from './instruction.ts'
import { parseInstruction } from './instructions/instruction-parsers.ts'
import { scanLines, type LogicalLine } from './lines.ts'

/** @throws DockerfileError that names the line. */
export function parseDockerfile(text: string): Dockerfile {
  const { lines, escape, syntax, warnings } = scanLines(text)
  const globalArgs: InstructionOf<'ARG'>[] = []
  const stages: Stage[] = []
  const names = new Set<string>()
  for (const line of lines) {
    if (line.keyword === 'FROM') {
      const stage = parseFrom(line, stages.length)
      if (stage.name !== undefined && names.has(stage.name)) throw new DockerfileError(line.position, `duplicate name ${stage.name}`)
      if (stage.name !== undefined) names.add(stage.name)
      stages.push(stage)
      continue
    }
    const instruction = parseInstruction(line, escape)
    const stage = stages.at(-1)
    if (stage) stage.instructions.push(instruction)
    else if (instruction.kind === 'ARG') globalArgs.push(instruction)
    else throw new DockerfileError(line.position, 'no build stage in current context', 'The first instruction has to be FROM (only ARG may stand before it).')
  }
  if (stages.length === 0) {
    const last = Math.max(1, text.split('\n').length)
    throw new DockerfileError({ line: lines[0]?.position.line ?? 1, endLine: last }, lines.length === 0 ? 'file with no instructions' : 'no build stage in current context', 'A Dockerfile needs a FROM.')
  }
  return { globalArgs, stages, escape, warnings, ...(syntax === undefined ? {} : { syntax }) }
}

/** The triggers of a base image's ONBUILD, in order. @throws DockerfileError */
export function parseTrigger(trigger: string, position: Stage['position']): Instruction {
  const { lines } = scanLines(trigger)
  const [line] = lines
  if (!line || lines.length !== 1) throw new DockerfileError(position, `invalid ONBUILD trigger ${JSON.stringify(trigger)}`)
  return parseInstruction({ ...line, position }, '\\')
}

const STAGE_NAME = /^[a-z][a-z0-9-_.]*$/

function parseFrom(line: LogicalLine, index: number): Stage {
  const flags = new Flags(line.rest, line.position)
  const platform = flags.text('platform')
  const words = splitWords(flags.finish())
  const named = words.length === 3 && words[1]!.toUpperCase() === 'AS'
  if (words.length !== 1 && !named) throw new DockerfileError(line.position, 'FROM requires either one or three arguments')
  const name = named ? words[2]!.toLowerCase() : undefined
  if (name !== undefined && !STAGE_NAME.test(name)) throw new DockerfileError(line.position, `invalid name for build stage: ${JSON.stringify(words[2])}, name can't start with a number or contain symbols`)
  return { index, base: words[0]!, instructions: [], position: line.position, text: line.text, ...(name === undefined ? {} : { name }), ...(platform === undefined ? {} : { platform }) }
}
