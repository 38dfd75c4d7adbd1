import { randomUUID } from 'node:crypto'
import { chmod, chown, mkdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { basename, dirname, join, posix } from 'node:path'
import { EngineError } from '#shared/errors.ts'
import type { MountInput } from '../../../core/runtime/spec/container-spec.ts'
import type { Step } from '../build-run.ts'
import { workingDirectory } from '../stage-state.ts'

type Options = Record<string, string>

const SECRETS = '/run/secrets'
const AGENT = '/run/buildkit/ssh_agent.0'

const isRequired = (options: Options) => options.required === 'true'
const octal = (text: string | undefined, otherwise: number) => (text === undefined ? otherwise : Number.parseInt(text, 8))

/** The secret's file is made outside the image, for this step only. With `env` and no target it is a variable instead. */
export async function withSecret<Result>(step: Step, options: Options, work: (input: MountInput | undefined) => Promise<Result>): Promise<Result> {
  const id = secretId(options)
  const value = await step.run.request.client?.secret(id)
  if (value === undefined) {
    if (isRequired(options)) throw missing(step, 'secret', id, '--secret')
    return work(undefined)
  }
  if (options.env !== undefined && options.target === undefined) return work(undefined)
  return withPrivateFolder(step, async (folder) => {
    const source = join(folder, 'secret')
    await writeFile(source, value, { mode: 0o600 })
    await give(source, options, 0o400)
    return work({ kind: 'bind', source, target: targetOf(step, options, posix.join(SECRETS, id)), readonly: true })
  })
}

/** The agent's socket is one of ours, joined to the client's agent for each connection. */
export async function withAgent<Result>(step: Step, options: Options, work: (input: MountInput | undefined) => Promise<Result>): Promise<Result> {
  const id = options.id ?? 'default'
  const joinAgent = await step.run.request.client?.agent(id)
  if (!joinAgent) {
    if (isRequired(options)) throw missing(step, 'ssh', id, '--ssh')
    return work(undefined)
  }
  return withPrivateFolder(step, async (folder) => {
    const source = join(folder, 'agent')
    await using undo = new AsyncDisposableStack()
    const server = createServer((connection) => joinAgent(connection.on('error', () => {})))
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(source, resolve))
    undo.defer(() => void server.close())
    await give(source, options, 0o600)
    return await work({ kind: 'bind', source, target: agentTarget(step, options), readonly: false })
  })
}

/** What the mounts of a client add to the environment: a secret's value, the place of the agent's socket. */
export async function clientEnvironment(step: Step, mounts: readonly { type: string; options: Options }[]): Promise<string[]> {
  const { client } = step.run.request
  if (!client) return []
  const secrets = mounts.filter(({ type, options }) => type === 'secret' && options.env !== undefined)
  const values = await Promise.all(secrets.map(async ({ options }) => ({ name: options.env!, value: await client.secret(secretId(options)) })))
  const agent = mounts.find(({ type }) => type === 'ssh')
  const socket = agent && (await client.agent(agent.options.id ?? 'default')) ? [`SSH_AUTH_SOCK=${agentTarget(step, agent.options)}`] : []
  return [...values.flatMap(({ name, value }) => (value === undefined ? [] : [`${name}=${value.toString('utf8')}`])), ...socket]
}

const secretId = (options: Options): string => options.id ?? basename(options.target ?? options.env ?? '')
const targetOf = (step: Step, options: Options, otherwise: string) => posix.resolve(workingDirectory(step.state), options.target ?? otherwise)
const agentTarget = (step: Step, options: Options) => targetOf(step, options, AGENT)

async function give(path: string, options: Options, mode: number): Promise<void> {
  await chmod(path, octal(options.mode, mode))
  await chown(path, Number(options.uid ?? 0), Number(options.gid ?? 0))
}

/** On the run root, so that what is in it does not reach a disk. */
async function withPrivateFolder<Result>(step: Step, work: (folder: string) => Promise<Result>): Promise<Result> {
  const { bundle } = step.run.context.layout.buildStep(randomUUID().slice(0, 8))
  await mkdir(bundle, { recursive: true, mode: 0o700 })
  try {
    return await work(bundle)
  } finally {
    await rm(dirname(bundle), { recursive: true, force: true })
  }
}

const missing = (step: Step, type: string, id: string, flag: string) =>
  new EngineError('failed-precondition', `${type} ${id} is required and was not given`, { hint: step.run.request.client ? `Give it with ${flag} id=${id},….` : 'The classic build API has no way to pass it; build with buildx, or leave out "required".' })
