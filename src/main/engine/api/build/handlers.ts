import { EngineError } from '#shared/errors.ts'
import { openJsonLines, PROGRESS_ENDING, type JsonLines } from '../streams/json-lines.ts'
import { json, type Exchange, type Reply } from '../router.ts'
import { decodeBuildQuery, decodeFolderQuery, decodePruneQuery, decodeRegistryConfig, encodeFailure, encodeMessage } from './wire.ts'
import type { ContextSource } from '../../services/builder/builder.ts'
import type { BuildNeeds } from './needs.ts'

export function createBuildHandlers(builder: BuildNeeds) {
  /** Errors before the first line are a status; later ones are the last line. */
  async function run(exchange: Exchange, contextOf: (write: (value: object) => void) => ContextSource): Promise<undefined> {
    const query = decodeBuildQuery(exchange.query, decodeRegistryConfig(exchange.request))
    let lines: JsonLines | undefined
    const write = (value: object) => void (lines ??= openJsonLines(exchange, PROGRESS_ENDING)).write(value)
    try {
      await builder.build({ ...query, context: contextOf(write), signal: exchange.signal, onMessage: (message) => write(encodeMessage(message)) })
    } catch (error) {
      if (!lines) throw error
      write(encodeFailure(error as Error))
    }
    const whole = lines ?? openJsonLines(exchange, PROGRESS_ENDING)
    whole.end()
    return undefined
  }

  return {
    async build(exchange: Exchange): Promise<Reply | undefined> {
      const version = exchange.query.text('version') || '1'
      if (version !== '1' && version !== '2') throw new EngineError('invalid-argument', `invalid version ${JSON.stringify(version)}`, { field: 'version' })
      if (version === '2')
        throw new EngineError('not-implemented', 'building with BuildKit through /build is not supported: this engine has it at /grpc, where docker buildx and Docker\'s clients from version 23 on ask', { hint: 'Set DOCKER_BUILDKIT=0, or leave version=2 out: the classic builder knows every instruction.' })
      const isolation = exchange.query.text('isolation') || 'default'
      if (isolation !== 'default') throw new EngineError('invalid-argument', `unsupported isolation: ${JSON.stringify(isolation)}`, { field: 'isolation' })
      const remote = exchange.query.text('remote')
      return run(exchange, () => (remote ? { kind: 'remote', url: remote } : { kind: 'tar', stream: exchange.body() }))
    },
    /** The app's own: of a folder that the engine sees as well. The first line says how much it holds. */
    buildFolder(exchange: Exchange): Promise<undefined> {
      const place = decodeFolderQuery(exchange.query)
      return run(exchange, (write) => ({ kind: 'machine', place, counted: ({ files, bytes }) => write({ aux: { Context: { Files: files, Bytes: bytes } } }) }))
    },
    async prune({ query }: Exchange): Promise<Reply> {
      const { removed, bytes } = await builder.prune(decodePruneQuery(query))
      return json({ CachesDeleted: removed.length > 0 ? removed : null, SpaceReclaimed: bytes })
    },
    /** Builds of this kind end with their request; an id belongs to BuildKit's. */
    cancel({ query }: Exchange): Reply {
      if (!query.text('id')) throw new EngineError('invalid-argument', 'build ID not provided', { field: 'id' })
      return { status: 200 }
    },
  }
}
