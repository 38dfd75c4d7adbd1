import { EngineError } from '#shared/errors.ts'
import { openJsonLines, PROGRESS_ENDING, type JsonLines } from '../streams/json-lines.ts'
import { empty, json, type Exchange, type Reply } from '../router.ts'
import { decodeBuildQuery, decodeRegistryConfig, encodeFailure, encodeMessage } from './wire.ts'
import type { BuildNeeds } from './needs.ts'

export function createBuildHandlers(builder: BuildNeeds) {
  return {
    /** Errors before the first line are a status; later ones are the last line. */
    async build(exchange: Exchange): Promise<Reply | undefined> {
      if (exchange.query.text('version') === '2')
        throw new EngineError('not-implemented', 'BuildKit sessions are not supported by this engine', { hint: 'Set DOCKER_BUILDKIT=0 to build through the classic API, which knows every instruction.' })
      const query = decodeBuildQuery(exchange.query, decodeRegistryConfig(exchange.request))
      const remote = exchange.query.text('remote')
      const context = remote ? ({ kind: 'remote', url: remote } as const) : ({ kind: 'tar', stream: exchange.request } as const)
      let lines: JsonLines | undefined
      const write = (value: object) => void (lines ??= openJsonLines(exchange, PROGRESS_ENDING)).write(value)
      try {
        await builder.build({ ...query, context, signal: exchange.signal, onMessage: (message) => write(encodeMessage(message)) })
      } catch (error) {
        if (!lines) throw error
        write(encodeFailure(error as Error))
      }
      const whole = lines ?? openJsonLines(exchange, PROGRESS_ENDING)
      whole.end()
      return undefined
    },
    async prune(): Promise<Reply> {
      return json({ CachesDeleted: [], SpaceReclaimed: await builder.prune() })
    },
    cancel: (): Reply => empty(),
  }
}
