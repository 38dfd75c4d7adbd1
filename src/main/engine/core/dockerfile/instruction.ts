/** Lines of the source, 1-based and inclusive. */
export interface Position {
  line: number
  endLine: number
}

/** `<<EOF … EOF`. */
export interface Heredoc {
  name: string
  /** False when the delimiter was quoted: its content is taken literally. */
  expand: boolean
  /** After `<<-`: leading tabs were already removed. */
  content: string
  /** File descriptor before `<<`, 0 by default. */
  fileDescriptor: number
}

/** What every instruction knows of its source. `text` is the logical line as written, flags included. */
export interface Source {
  position: Position
  text: string
}

/** Shell form is one string for the stage's SHELL; exec form is an argument vector. */
export type Command = { form: 'shell'; line: string } | { form: 'exec'; args: string[] }

export interface RunMount {
  type: 'bind' | 'cache' | 'tmpfs' | 'secret' | 'ssh'
  /** Options as written, unexpanded, without `type`; a bare word such as `ro` has the value 'true'. */
  options: Record<string, string>
}

export type Instruction = Source &
  (
    | { kind: 'ADD'; sources: string[]; destination: string; heredocs: Heredoc[]; flags: CopyFlags & { checksum?: string; keepGitDir?: boolean; unpack?: boolean } }
    | { kind: 'ARG'; args: { name: string; value?: string }[] }
    | { kind: 'CMD'; command: Command }
    | { kind: 'COPY'; sources: string[]; destination: string; heredocs: Heredoc[]; flags: CopyFlags & { from?: string } }
    | { kind: 'ENTRYPOINT'; command: Command }
    | { kind: 'ENV'; pairs: Pair[] }
    | { kind: 'EXPOSE'; ports: string[] }
    | { kind: 'HEALTHCHECK'; check: Health }
    | { kind: 'LABEL'; pairs: Pair[] }
    | { kind: 'MAINTAINER'; name: string }
    | { kind: 'ONBUILD'; trigger: string }
    | { kind: 'RUN'; command: Command; heredocs: Heredoc[]; mounts: RunMount[]; network: 'default' | 'none' | 'host'; security: 'sandbox' | 'insecure' }
    | { kind: 'SHELL'; args: string[] }
    | { kind: 'STOPSIGNAL'; signal: string }
    | { kind: 'USER'; user: string }
    | { kind: 'VOLUME'; paths: string[] }
    | { kind: 'WORKDIR'; path: string }
  )
export type InstructionKind = Instruction['kind']
export type InstructionOf<Kind extends InstructionKind> = Extract<Instruction, { kind: Kind }>

export interface Pair {
  name: string
  value: string
}

export interface CopyFlags {
  chown?: string
  chmod?: string
  link?: boolean
  parents?: boolean
  exclude: string[]
}

/** Durations as written (`30s`), checked to be durations. */
export type Health =
  | { type: 'NONE' }
  | { type: 'CMD'; command: Command; interval?: string; timeout?: string; startPeriod?: string; startInterval?: string; retries?: number }

export interface Stage extends Source {
  index: number
  /** Lower-cased, as stage names compare without case. */
  name?: string
  /** Image or earlier stage, unexpanded. */
  base: string
  platform?: string
  instructions: Instruction[]
}

export interface Dockerfile {
  /** ARGs before the first FROM: visible only in FROM lines unless a stage repeats them. */
  globalArgs: InstructionOf<'ARG'>[]
  /** At least one. */
  stages: Stage[]
  escape: '\\' | '`'
  /** Told before the build starts. */
  warnings: string[]
  /** `# syntax=`: noted, since this builder is its own front end. */
  syntax?: string
}
