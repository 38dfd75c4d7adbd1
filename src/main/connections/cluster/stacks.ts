import { dirname } from 'node:path'
import type { StackPlan, StackRequest } from '#shared/contract/cluster.ts'
import { EngineError } from '#shared/errors.ts'
import type { Connection } from '../connection.ts'
import { composeConfig } from '../compose/compose.ts'
import type { ComposeConfig } from './compose-config.ts'
import { stackOfCompose, type StackOfFile } from './from-compose.ts'
import { compareStack, deployStack } from './stack.ts'

/** What compose writes could be read by it again: a dollar is two. */
const unescaped = (_key: string, value: unknown): unknown => (typeof value === 'string' ? value.replaceAll('$$', '$') : value)

/** Compose reads the file, by its own rules; what it says is made something else here. */
export async function readComposeConfig(connection: Connection, file: string, signal: AbortSignal): Promise<ComposeConfig> {
  const { stdout, stderr, code } = await composeConfig(connection, file, signal)
  if (code !== 0) throw new EngineError('invalid-argument', stderr.trim(), { reason: 'compose-refused', field: 'file' })
  return JSON.parse(stdout, unescaped) as ComposeConfig
}

const readStack = async (connection: Connection, { file, name }: StackRequest, signal: AbortSignal): Promise<StackOfFile> => stackOfCompose(await readComposeConfig(connection, file, signal), name, { ...process.env, PWD: dirname(file) })

export async function planStack(connection: Connection, request: StackRequest, signal: AbortSignal): Promise<StackPlan> {
  const { stack, remarks } = await readStack(connection, request, signal)
  return { stack: stack.name, services: await compareStack(connection.api, stack, signal), remarks }
}

export async function deployFile(connection: Connection, request: StackRequest, signal: AbortSignal): Promise<StackPlan> {
  const { stack, remarks } = await readStack(connection, request, signal)
  const services = await compareStack(connection.api, stack, signal)
  await deployStack(connection.api, stack, { signal, ...(request.prune !== undefined && { prune: request.prune }) })
  return { stack: stack.name, services, remarks }
}
