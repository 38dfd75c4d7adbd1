import { EngineError } from '#shared/errors.ts'
import type { Position } from './instruction.ts'

/** What went wrong has a place in the Dockerfile. */
export interface Located {
  readonly position: Position
}

/** A mistake in the Dockerfile; knows its lines (1-based, inclusive) so that an editor can point at them. */
export class DockerfileError extends EngineError implements Located {
  readonly position: Position

  constructor(position: Position, message: string, hint?: string) {
    super('invalid-argument', `dockerfile parse error on line ${position.line}: ${message}`, { reason: 'dockerfile', hint })
    this.position = position
  }
}

/** An instruction could not be carried out; the error is its own, at the lines of the instruction. */
export class StepError extends EngineError implements Located {
  readonly position: Position

  constructor(position: Position, cause: EngineError, message = cause.message) {
    super(cause.code, message, { reason: cause.reason, hint: `Dockerfile line ${position.line}.${cause.hint ? ` ${cause.hint}` : ''}`, cause })
    this.position = position
  }
}
