import { dirname } from 'node:path'
import type { StackPlan, StackRequest } from '#shared/contract/cluster.ts'
import type { Connection } from '../connection.ts'
import { readComposeConfig } from '../compose/read-config.ts'
import { stackOfCompose, type StackOfFile } from './from-compose.ts'
import { compareStack, deployStack } from './stack.ts'

const readStack = async (connection: Connection, { file, name }: StackRequest, signal: AbortSignal): Promise<StackOfFile> => stackOfCompose(await readComposeConfig(connection, file, signal), name, { ...process.env, PWD: dirname(file) })

export async function planStack(connection: Connection, request: StackRequest, signal: AbortSignal): Promise<StackPlan> {
  const { stack, remarks } = await readStack(connection, request, signal)
  return { stack: stack.name, services: await compareStack(connection.api, stack, signal), remarks }
}

export async function deployFile(connection: Connection, request: StackRequest, signal: AbortSignal): Promise<StackPlan> {
  const { stack, remarks } = await readStack(connection, request, signal)
  const services = await compareStack(connection.api, stack, signal)
  const { warnings } = await deployStack(connection.api, stack, { signal, ...(request.prune !== undefined && { prune: request.prune }) })
  return { stack: stack.name, services, remarks, ...(warnings.length > 0 && { warnings }) }
}
