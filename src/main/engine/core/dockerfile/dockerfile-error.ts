import { EngineError } from '#shared/errors.ts'
import type { Position } from './instruction.ts'

/** A mistake in the Dockerfile; knows its lines (1-based, inclusive) so that an editor can point at them. */
export class DockerfileError extends EngineError {
  readonly position: Position

  constructor(position: Position, message: string, hint?: string) {
    super('invalid-argument', `dockerfile parse error on line ${position.line}: ${message}`, { reason: 'dockerfile', hint })
    this.position = position
  }
}
