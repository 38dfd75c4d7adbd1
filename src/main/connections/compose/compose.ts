/**
 * Compose files are carried out by the docker compose program, against the engine that is looked at, and nothing else: its rules for
 * files, profiles and names are its own. What is ours is to look: what a file says and what is wrong in it (check-file.ts), and
 * how it differs from what runs, by the digest of each service that compose itself writes on its containers.
 */
import { readFile, stat } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join } from 'node:path'
import type { ComposeDifference, ComposeFile, ComposeMessage, ComposeRun } from '#shared/contract/compose.ts'
import type { Contract, Implementation } from '#shared/contract/contract.ts'
import { EngineError, messageOf } from '#shared/errors.ts'
import { writeFileAtomic } from '#base/atomic-file.ts'
import type { Connection } from '../connection.ts'
import type { Operation } from '../operation.ts'
import { openRelay, type Relay } from '../transport/relay.ts'
import { checkComposeFile } from './check-file.ts'
import { describeCompose, findCompose } from './find-program.ts'
import { readOutput, runProgram } from './run-program.ts'

const usualNames = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml']
const largest = 2_000_000

export function composeOf(connection: Connection): Implementation<Contract, Operation>['compose'] {
  return {
    program: (_request, { signal }) => describeCompose(signal),
    read: ({ path }) => readComposeFile(path),
    check: async ({ text }) => checkComposeFile(text),
    async save({ path, text }) {
      const { mode } = await stat(refuseRelative(path))
      await writeFileAtomic(path, text, mode & 0o777)
    },
    differences: ({ file }, { signal }) => differencesOf(connection, file, signal),
  }
}

/** `docker compose`, as somebody would type it in the file's folder. */
export async function* runCompose(connection: Connection, { file, verb, service, count }: ComposeRun, signal: AbortSignal): AsyncGenerator<ComposeMessage> {
  const services = service === undefined ? [] : ['--', service]
  if (service?.startsWith('-')) throw new EngineError('invalid-argument', `${service} is not a service.`, { field: 'service' })
  const words: Record<ComposeRun['verb'], string[]> = {
    up: ['up', '-d', '--remove-orphans', ...services],
    down: ['down'],
    restart: ['restart', ...services],
    stop: ['stop', ...services],
    pull: ['pull', ...services],
    scale: ['up', '-d', '--no-recreate', '--scale', `${service}=${count ?? 1}`, ...services],
  }
  await using relay = await openRelay(connection.transport)
  for await (const message of runProgram(programOrRefuse(), [...fileWords(file), ...words[verb]], { ...against(relay, file), signal })) yield 'text' in message ? { kind: 'output', text: message.text } : { kind: 'exited', code: message.code }
}

async function readComposeFile(path: string): Promise<ComposeFile> {
  refuseRelative(path)
  const found = await findFile(path)
  if ((await stat(found)).size > largest) throw new EngineError('invalid-argument', `${found} is too large for a compose file.`, { field: 'path' })
  const text = await readFile(found, 'utf8')
  const check = checkComposeFile(text)
  return { ...check, path: found, text, project: check.name ?? projectName(basename(dirname(found))) }
}

async function findFile(path: string): Promise<string> {
  for (const candidate of [path, ...usualNames.map((name) => join(path, name))]) if ((await stat(candidate).catch(() => undefined))?.isFile()) return candidate
  throw new EngineError('not-found', `${path} is no compose file, and no folder with one.`, { reason: 'no-compose-file', field: 'path', hint: `A folder's compose file is named ${usualNames[0]}.` })
}

/** As compose makes it of a folder's name. */
const projectName = (folder: string) => folder.toLowerCase().replaceAll(/[^a-z0-9_-]/g, '').replace(/^[_-]+/, '')

/** The file as compose understands it: whole, every short form written out. */
export async function composeConfig(connection: Pick<Connection, 'transport'>, file: string, signal: AbortSignal): Promise<{ code: number; stdout: string; stderr: string }> {
  const program = programOrRefuse()
  await using relay = await openRelay(connection.transport)
  return readOutput(program, [...fileWords(file), 'config', '--format', 'json'], { ...against(relay, file), signal })
}

async function differencesOf(connection: Connection, file: string, signal: AbortSignal): Promise<ComposeDifference[]> {
  const program = programOrRefuse()
  await using relay = await openRelay(connection.transport)
  const [hashes, config] = await Promise.all([['config', '--hash', '*'], ['config', '--format', 'json']].map((words) => readOutput(program, [...fileWords(file), ...words], { ...against(relay, file), signal })))
  if (!hashes || !config || hashes.code !== 0 || config.code !== 0) throw new EngineError('invalid-argument', messageOf(hashes?.stderr.trim() || config?.stderr.trim()), { reason: 'compose-refused' })
  const { name: project } = JSON.parse(config.stdout) as { name: string }
  const wanted = new Map(hashes.stdout.trim().split('\n').filter(Boolean).map((line) => line.split(' ') as [string, string]))
  const running = Map.groupBy(connection.mirror.items().containers.filter(({ compose }) => compose?.project === project), ({ compose }) => compose?.service ?? '')
  const states = [...wanted].map(([service, hash]): ComposeDifference => {
    const containers = running.get(service)
    if (!containers) return { service, state: 'missing' }
    return { service, state: containers.every(({ labels }) => labels['com.docker.compose.config-hash'] === hash) ? 'same' : 'changed' }
  })
  return [...states, ...[...running.keys()].filter((service) => !wanted.has(service)).map((service): ComposeDifference => ({ service, state: 'other' }))]
}

function programOrRefuse(): string {
  const program = findCompose()
  if (program) return program
  throw new EngineError('failed-precondition', 'The docker compose program is not on this machine.', { reason: 'no-compose' })
}
function refuseRelative(path: string): string {
  if (isAbsolute(path)) return path
  throw new EngineError('invalid-argument', `${path} is not a whole path.`, { field: 'path' })
}
const fileWords = (file: string) => ['--ansi', 'never', '--progress', 'plain', '-f', refuseRelative(file), '--project-directory', dirname(file)]

const against = ({ socketPath }: Relay, file: string) => ({ environment: { DOCKER_HOST: `unix://${socketPath}`, DOCKER_BUILDKIT: '0', COMPOSE_MENU: 'false' }, folder: dirname(file) })
