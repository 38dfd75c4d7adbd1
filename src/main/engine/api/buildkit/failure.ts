import { isEngineError, messageOf } from '#shared/errors.ts'
import type { Located } from '../../core/dockerfile/dockerfile.ts'
import { codeOf, UNKNOWN_CODE } from './grpc/status.ts'
import { messages } from './protocol/messages.ts'

/** An error in the words that BuildKit has for it. */
export function failureMessage(error: unknown): string {
  const reason = isEngineError(error) ? error.reason : undefined
  const code = /^exit-code-(\d+)$/.exec(reason ?? '')?.[1]
  const command = /^The command '([^]*)' returned a non-zero code: \d+$/.exec(messageOf(error))?.[1]
  return code !== undefined && command !== undefined ? `process ${JSON.stringify(command)} did not complete successfully: exit code: ${code}` : messageOf(error)
}

/** A failed build: with the lines of the Dockerfile at which it failed, of which the client shows an excerpt. */
export class BuildFailure extends Error {
  readonly source: { filename: string; text: string } | undefined
  constructor(cause: unknown, source?: { filename: string; text: string }) {
    super(failureMessage(cause), { cause })
    this.source = source
  }
}

/** Type URLs that end in +json have JSON values: https://github.com/moby/buildkit/tree/master/solver/errdefs */
const SOURCE = 'github.com/moby/buildkit/errdefs.Source+json'

/** google.rpc.Status of an error: what goes into `grpc-status-details-bin`. */
export function failureDetails(error: unknown): Uint8Array | undefined {
  if (!(error instanceof BuildFailure) || !error.source) return undefined
  const position = (error.cause as Partial<Located> | undefined)?.position
  if (!position) return undefined
  const { filename, text } = error.source
  const source = {
    info: { filename, language: 'Dockerfile', data: Buffer.from(text).toString('base64') },
    ranges: [{ start: { line: position.line, character: 0 }, end: { line: position.endLine, character: 0 } }],
  }
  return messages.status.encode({ code: statusOf(error), message: error.message, details: [{ type_url: SOURCE, value: Buffer.from(JSON.stringify(source)) }] })
}

/** A step that failed has no code of its own; a client would show one before the message. */
export function statusOf(error: unknown): number {
  if (!(error instanceof BuildFailure)) return codeOf(error)
  return isEngineError(error.cause, 'cancelled') ? codeOf(error.cause) : UNKNOWN_CODE
}
