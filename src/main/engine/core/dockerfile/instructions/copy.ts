import { DockerfileError } from '../dockerfile-error.ts'
import { Flags } from '../flags.ts'
import { parseExecForm, splitWords } from '../forms.ts'
import type { CopyFlags, InstructionOf } from '../instruction.ts'
import type { LogicalLine } from '../lines.ts'

export function parseCopy(line: LogicalLine, escape: string): InstructionOf<'COPY'> {
  const flags = new Flags(line.rest, line.position)
  const from = flags.text('from')
  const all = { ...copyFlags(flags), ...(from === undefined ? {} : { from }) }
  return { kind: 'COPY', ...places('COPY', line, flags.finish(), escape), flags: all }
}

export function parseAdd(line: LogicalLine, escape: string): InstructionOf<'ADD'> {
  const flags = new Flags(line.rest, line.position)
  const all = { ...copyFlags(flags), checksum: flags.text('checksum'), keepGitDir: flags.flag('keep-git-dir'), unpack: flags.flag('unpack') }
  return { kind: 'ADD', ...places('ADD', line, flags.finish(), escape), flags: all }
}

const copyFlags = (flags: Flags): CopyFlags => ({
  chown: flags.text('chown'),
  chmod: flags.text('chmod'),
  link: flags.flag('link'),
  parents: flags.flag('parents'),
  exclude: flags.all('exclude'),
})

/** Sources that are here-documents are given by content in `heredocs`; the rest are paths, patterns or URLs. */
function places(keyword: string, line: LogicalLine, text: string, escape: string) {
  const words = parseExecForm(text) ?? splitWords(text, escape)
  const sources = words.slice(0, -1).filter((word) => !/^\d*<<-?["']?[a-zA-Z_]/.test(word))
  const destination = words.at(-1)
  if (destination === undefined || sources.length + line.heredocs.length === 0) throw new DockerfileError(line.position, `${keyword} requires at least two arguments, but only one was provided. Destination could not be determined`)
  return { sources, destination, heredocs: line.heredocs, position: line.position, text: line.text }
}
