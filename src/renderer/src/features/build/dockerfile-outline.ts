import './node-buffer.ts'
import { DockerfileParser } from 'dockerfile-ast'

export interface OutlineInstruction {
  /** From 1. */
  line: number
  endLine: number
  keyword: string
  /** White space and continuations folded, for comparing with what an engine says. */
  text: string
}
export interface Outline {
  instructions: OutlineInstruction[]
  /** Names of stages, for `target`. */
  stages: string[]
  /** ARGs by name, with their defaults. */
  args: { name: string; value: string | undefined }[]
}

const folded = (text: string) => text.replace(/\\\r?\n/g, ' ').replace(/\s+/g, ' ').trim()

export function readOutline(text: string): Outline {
  const file = DockerfileParser.parse(text)
  const lines = text.split('\n')
  const instructions = file.getInstructions().map((instruction): OutlineInstruction => {
    const { start, end } = instruction.getRange()
    return { line: start.line + 1, endLine: end.line + 1, keyword: instruction.getKeyword(), text: folded(lines.slice(start.line, end.line + 1).join('\n')) }
  })
  const args = new Map<string, string | undefined>()
  for (const arg of [...file.getInitialARGs(), ...file.getARGs()]) {
    const property = arg.getProperty()
    if (property && !args.has(property.getName())) args.set(property.getName(), property.getValue() ?? undefined)
  }
  return { instructions, stages: file.getFROMs().flatMap((from) => from.getBuildStage() ?? []), args: [...args].map(([name, value]) => ({ name, value })) }
}

/**
 * The line of each step of a build. An engine tells the text of a step and not its line; steps of stages that nobody needs are left out, so
 * the same text is looked for from where the step before was.
 */
export function linesOfSteps(outline: Outline, steps: readonly { number: number; text: string }[]): Map<number, number> {
  const found = new Map<number, number>()
  let from = 0
  for (const { number, text } of steps) {
    const wanted = folded(text).toLowerCase()
    const matches = (instruction: OutlineInstruction) => instruction.text.toLowerCase() === wanted || (wanted.length > 12 && instruction.text.toLowerCase().startsWith(wanted))
    const later = outline.instructions.findIndex((instruction, index) => index >= from && matches(instruction))
    const index = later < 0 ? outline.instructions.findIndex(matches) : later
    const instruction = outline.instructions[index]
    if (!instruction) continue
    found.set(number, instruction.line)
    from = index + 1
  }
  return found
}
