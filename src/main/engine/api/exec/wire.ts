import { isFlag, isInteger, isText, listOf, type Fields } from '#shared/json-shape.ts'
import type { Exec, ExecConfig } from '../../services/containers/live.ts'
import { shaped } from '../streams/fields.ts'

export interface ExecCreateBody {
  AttachStdin?: boolean
  AttachStdout?: boolean
  AttachStderr?: boolean
  DetachKeys?: string
  Tty?: boolean
  Env?: string[] | null
  Cmd?: string[] | null
  Privileged?: boolean
  User?: string
  WorkingDir?: string
  ConsoleSize?: [number, number] | null
}

export interface ExecStartBody {
  Detach?: boolean
  Tty?: boolean
  ConsoleSize?: [number, number] | null
}

const CREATE: Fields = [
  [isFlag, 'AttachStdin AttachStdout AttachStderr Tty Privileged'],
  [isText, 'DetachKeys User WorkingDir'],
  [listOf(isText), 'Env Cmd'],
  [listOf(isInteger), 'ConsoleSize'],
]

export const START: Fields = [
  [isFlag, 'Detach Tty'],
  [listOf(isInteger), 'ConsoleSize'],
]

export const consoleSizeOf = (size: [number, number] | null | undefined) => (size?.[0] && size[1] ? { rows: size[0], columns: size[1] } : undefined)

export function parseExecBody(given: ExecCreateBody): ExecConfig {
  const body = shaped(CREATE, given)
  return {
    args: body.Cmd ?? [],
    env: body.Env ?? [],
    workingDir: body.WorkingDir ?? '',
    user: body.User ?? '',
    privileged: body.Privileged ?? false,
    tty: body.Tty ?? false,
    stdin: body.AttachStdin ?? false,
    stdout: body.AttachStdout ?? false,
    stderr: body.AttachStderr ?? false,
    detachKeys: body.DetachKeys || undefined,
    consoleSize: consoleSizeOf(body.ConsoleSize),
  }
}

/** `GET /exec/:id/json` */
export function execJson({ id, containerId, config, state }: Exec) {
  const [entrypoint = '', ...arguments_] = config.args
  return {
    ID: id,
    Running: state.status === 'running',
    ExitCode: state.status === 'exited' ? state.code : null,
    ProcessConfig: { tty: config.tty, entrypoint, arguments: arguments_, privileged: config.privileged, ...(config.user ? { user: config.user } : {}) },
    OpenStdin: config.stdin,
    OpenStderr: config.stderr,
    OpenStdout: config.stdout,
    CanRemove: false,
    ContainerID: containerId,
    DetachKeys: config.detachKeys ?? '',
    Pid: state.status === 'running' ? (state.process.pid ?? 0) : state.status === 'exited' ? state.pid : 0,
  }
}
