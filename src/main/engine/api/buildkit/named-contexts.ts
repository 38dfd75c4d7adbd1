import { EngineError } from '#shared/errors.ts'
import type { NamedContext } from '../../services/builder/builder.ts'
import { imageOfDefinition } from './image-reference.ts'
import type { Attributes, Definition } from './protocol/messages.ts'
import { readIgnored } from './ignored.ts'
import { folderKey, openFiles } from './session/read-file.ts'
import type { Session } from './session/sessions.ts'

/** `--build-context name=…` of the client: `context:name` says what stands for that name. @throws EngineError invalid-argument, not-implemented */
export async function namedContexts(session: Session, attributes: Attributes, inputs: Record<string, Definition>): Promise<Record<string, NamedContext>> {
  const named = Object.entries(attributes).flatMap(([key, value]) => (key.startsWith('context:') ? [[key.slice('context:'.length), value] as const] : []))
  const found: Record<string, NamedContext> = {}
  for (const [name, value] of named) found[name] = await namedContext(session, name, value, inputs)
  return found
}

async function namedContext(session: Session, name: string, value: string, inputs: Record<string, Definition>): Promise<NamedContext> {
  const [, kind = '', rest = ''] = /^([a-z-]+):(.*)$/s.exec(value) ?? []
  switch (kind) {
    case 'docker-image':
      return { kind: 'image', name: rest.replace(/^\/\//, '') }
    case 'local':
      return folderOf(session, rest)
    case 'input':
      return { kind: 'image', name: resultOf(name, inputs[rest]) }
    case 'http':
    case 'https':
    case 'git':
    case 'ssh':
      return { kind: 'folder', source: () => ({ kind: 'remote', url: value }) }
    default:
      if (value.startsWith('git@')) return { kind: 'folder', source: () => ({ kind: 'remote', url: value }) }
      throw new EngineError('not-implemented', `the named build context ${JSON.stringify(name)} is ${JSON.stringify(value)}, which this engine cannot read`, { hint: 'It knows folders, docker-image://, http(s), git and targets of the same bake.' })
  }
}

async function folderOf(session: Session, folder: string): Promise<NamedContext> {
  const exclude = await readIgnored(session, folder)
  return { kind: 'folder', source: () => ({ kind: 'folder', key: folderKey(session, { folder }), changes: (since) => openFiles(session, { folder, exclude }, since) }) }
}

function resultOf(name: string, input: Definition | undefined): string {
  const image = input && imageOfDefinition(input)
  if (image === undefined) throw new EngineError('not-implemented', `the named build context ${JSON.stringify(name)} is LLB of another front end, which this engine does not run`, { hint: 'Build it here as well, as a target of the same bake.' })
  return image
}
