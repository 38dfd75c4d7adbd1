import { configure, environmentOf, parseTrigger, type InstructionKind } from '../../core/dockerfile/dockerfile.ts'
import { EngineError } from '#shared/errors.ts'
import type { ContainerDefaults } from '#shared/oci/image-config.ts'

const ALLOWED: readonly InstructionKind[] = ['CMD', 'ENTRYPOINT', 'ENV', 'EXPOSE', 'HEALTHCHECK', 'LABEL', 'ONBUILD', 'STOPSIGNAL', 'USER', 'VOLUME', 'WORKDIR']

/**
 * Config of an image after the instructions of `--change`, one per line. Variables are those of its own environment.
 * @throws invalid-argument
 */
export function applyChanges(config: ContainerDefaults, changes: readonly string[]): ContainerDefaults {
  let before = { defaults: config, commandSet: false }
  for (const line of changes.flatMap((change) => change.split(/(?<!\\)\n/))) {
    const instruction = parseTrigger(changeOf(line), { line: 1, endLine: 1 })
    const environment = environmentOf(before.defaults)
    const { change } = configure(instruction, before, (name) => environment.get(name), '\\')!
    before = { defaults: { ...before.defaults, ...change }, commandSet: before.commandSet || instruction.kind === 'CMD' }
  }
  return before.defaults
}

/** The line, when it begins with a word that is allowed here. */
function changeOf(line: string): string {
  const keyword = /^\s*(\S+)/.exec(line)?.[1]?.toUpperCase()
  if (keyword === undefined) throw new EngineError('invalid-argument', 'file with no instructions', { reason: 'invalid-change', field: 'changes' })
  if (!(ALLOWED as readonly string[]).includes(keyword)) throw new EngineError('invalid-argument', `${keyword} is not a valid change command`, { reason: 'invalid-change', field: 'changes', hint: `Valid are ${ALLOWED.join(', ')}.` })
  return line
}
