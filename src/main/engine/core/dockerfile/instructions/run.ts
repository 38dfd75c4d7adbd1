import { DockerfileError } from '../dockerfile-error.ts'
import { Flags } from '../flags.ts'
import { parseCommand } from '../forms.ts'
import type { InstructionOf, Position, RunMount } from '../instruction.ts'
import type { LogicalLine } from '../lines.ts'

export function parseRun(line: LogicalLine): InstructionOf<'RUN'> {
  const flags = new Flags(line.rest, line.position)
  const mounts = flags.all('mount').map((text) => parseMount(text, line.position))
  const network = oneOf(flags.text('network') ?? 'default', ['default', 'none', 'host'], 'network mode', line.position)
  const security = oneOf(flags.text('security') ?? 'sandbox', ['sandbox', 'insecure'], 'security', line.position)
  const command = parseCommand(flags.finish())
  if (command.form === 'shell' ? command.line === '' : command.args.length === 0) throw new DockerfileError(line.position, 'RUN requires at least one argument')
  return { kind: 'RUN', command, mounts, network, security, heredocs: line.heredocs, position: line.position, text: line.text }
}

const MOUNT_OPTIONS: Record<RunMount['type'], readonly string[]> = {
  bind: ['target', 'source', 'from', 'readonly'],
  cache: ['target', 'source', 'from', 'readonly', 'id', 'sharing', 'mode', 'uid', 'gid'],
  tmpfs: ['target', 'size'],
  secret: ['target', 'id', 'required', 'mode', 'uid', 'gid', 'env'],
  ssh: ['target', 'id', 'required', 'mode', 'uid', 'gid'],
}
const SYNONYMS: Record<string, string> = { dst: 'target', destination: 'target', src: 'source', ro: 'readonly', rw: 'readwrite' }

function parseMount(text: string, position: Position): RunMount {
  const options: Record<string, string> = {}
  for (const field of text.split(',')) {
    const equals = field.indexOf('=')
    const name = (equals < 0 ? field : field.slice(0, equals)).toLowerCase()
    const value = equals < 0 ? 'true' : field.slice(equals + 1)
    const known = SYNONYMS[name] ?? name
    if (known === 'readwrite') options.readonly = value === 'false' ? 'true' : 'false'
    else options[known] = value
  }
  const type = oneOf(options.type ?? 'bind', ['bind', 'cache', 'tmpfs', 'secret', 'ssh'], 'mount type', position)
  delete options.type
  for (const name of Object.keys(options)) if (!MOUNT_OPTIONS[type].includes(name)) throw new DockerfileError(position, `unexpected key '${name}' for mount type '${type}'`)
  if (options.target === undefined && type !== 'secret' && type !== 'ssh') throw new DockerfileError(position, `invalid ${type} mount: target is required`)
  if (type === 'cache' && options.sharing !== undefined) oneOf(options.sharing, ['shared', 'private', 'locked'], 'sharing value', position)
  return { type, options }
}

function oneOf<Word extends string>(value: string, allowed: readonly Word[], what: string, position: Position): Word {
  const found = allowed.find((word) => word === value)
  if (found === undefined) throw new DockerfileError(position, `unsupported ${what} "${value}"; must be one of ${allowed.join(', ')}`)
  return found
}
