import type { ComposeProblemCode } from '../compose-problems.ts'
import { integer, nothing, oneOf, optional, record, text, type Shapes } from './shape.ts'

/** Something wrong in a compose file, at its line and column, both from 1. */
export interface ComposeProblem {
  line: number
  column: number
  severity: 'error' | 'warning'
  /** What it is, and the names in it. */
  code: ComposeProblemCode
  words: Record<string, string>
}
/** A service as the file has it. */
export interface ComposeService {
  name: string
  line: number
  image?: string
  /** Folder of what it is built from. */
  build?: string
  ports: string[]
  dependsOn: string[]
  networks: string[]
  /** Those of the file's own volumes that it mounts. */
  volumes: string[]
}
export interface ComposeCheck {
  /** As the file names it; else the folder's name is the project's. */
  name?: string
  services: ComposeService[]
  problems: ComposeProblem[]
}
export interface ComposeFile extends ComposeCheck {
  path: string
  project: string
  text: string
}
/** The program that carries compose files out. Without it: how to get it on this machine. */
export type ComposeProgram = { available: true; version: string } | { available: false; command: string }

/** What runs against what the file says. `other`: it runs and is not in the file. */
export interface ComposeDifference {
  service: string
  state: 'same' | 'changed' | 'missing' | 'other'
}

export const composeVerbs = ['up', 'down', 'restart', 'stop', 'pull', 'scale'] as const
export interface ComposeRun {
  file: string
  verb: (typeof composeVerbs)[number]
  /** All when left out; required to scale. */
  service?: string
  count?: number
}
export type ComposeMessage = { kind: 'output'; text: string } | { kind: 'exited'; code: number }

export interface ComposeContract {
  program(): Promise<ComposeProgram>
  /** A file, or a folder with one under a usual name. @throws not-found */
  read(request: { path: string }): Promise<ComposeFile>
  check(request: { text: string }): Promise<ComposeCheck>
  save(request: { path: string; text: string }): Promise<void>
  /** @throws failed-precondition when the program is not there, invalid-argument with its words when it does not take the file. */
  differences(request: { file: string }): Promise<ComposeDifference[]>
}

const path = text(4096)
export const composeShapes: Shapes<ComposeContract> = {
  program: nothing,
  read: record<{ path: string }>({ path }),
  check: record<{ text: string }>({ text: text(2_000_000) }),
  save: record<{ path: string; text: string }>({ path, text: text(2_000_000) }),
  differences: record<{ file: string }>({ file: path }),
}
export const composeRunShape = record<ComposeRun>({ file: path, verb: oneOf(...composeVerbs), service: optional(text(256)), count: optional(integer(0, 1000)) })
