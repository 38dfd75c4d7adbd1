import { randomUUID } from 'node:crypto'
import { EngineError } from '#shared/errors.ts'
import { answerFor, buildFor } from './build.ts'
import { refuseDefinition, unary, withoutOtherFrontends, workerOf } from './control.ts'
import type { Call } from './grpc/server.ts'
import { definitionOfImage } from './image-reference.ts'
import type { BuildkitNeeds } from './needs.ts'
import { messages } from './protocol/messages.ts'
import type { Sessions } from './session/sessions.ts'
import type { Solve, Solves } from './solves.ts'

/** What a client may use of the gateway: https://github.com/moby/buildkit/blob/master/frontend/gateway/pb/caps.go */
const CAPABILITIES = ['solve.base', 'return', 'returnmap', 'proto.refarray', 'gateway.solve.metadata', 'gateway.evaluate.solve', 'gateway.solve.errors', 'frontend.inputs', 'importcaches', 'reference.output', 'frontend.caps', 'gateway.solve.evaluate', 'gateway.evaluate']

/** And of what is built: several exporters at once. */
const BUILD_CAPABILITIES = ['source.local', 'exporter.multiple']

const enabled = (ids: readonly string[]) => ids.map((ID) => ({ ID, Enabled: true }))

const BUILD_ID = 'buildkit-controlapi-buildid'

/** `moby.buildkit.v1.frontend.LLBBridge`: how buildx builds: it asks for a result, and returns it to the Solve that it opened before. */
export function gatewayMethods(needs: BuildkitNeeds, sessions: Sessions, solves: Solves) {
  const solveOf = (call: Call): Promise<Solve> => {
    const id = call.headers[BUILD_ID]
    if (typeof id !== 'string') throw new EngineError('invalid-argument', 'a call to the gateway belongs to a build')
    return solves.get(id, call.signal)
  }
  return {
    Ping: unary(messages.empty, messages.pongResponse, async (_, call) => {
      await solveOf(call)
      return { FrontendAPICaps: enabled(CAPABILITIES), LLBCaps: enabled(BUILD_CAPABILITIES), Workers: [workerOf(needs)] }
    }),
    Solve: unary(messages.gatewaySolveRequest, messages.gatewaySolveResponse, async (request, call) => {
      const solve = await solveOf(call)
      try {
        if (request.Definition && request.Definition.def.length > 0) throw refuseDefinition()
        const attributes = withoutOtherFrontends(request.Frontend, request.FrontendOpt)
        if (attributes['requestid']) return { result: { metadata: await answerFor(needs, sessions, solve, attributes) } }
        const image = await buildFor(needs, sessions, solve, attributes, request.FrontendInputs)
        const id = randomUUID()
        solve.results.set(id, image)
        return { result: { ref: { id, def: definitionOfImage(image) }, metadata: {} } }
      } catch (error) {
        solve.failure = error
        throw error
      }
    }),
    Return: unary(messages.returnRequest, messages.empty, async ({ result, error }, call) => {
      const solve = await solveOf(call)
      if (error) solve.returned.reject(solve.failure ?? new EngineError('failed-precondition', error.message))
      else solve.returned.resolve(solve.results.get(result?.ref?.id ?? ''))
      return {}
    }),
    /** What is asked for is built by then. */
    Evaluate: unary(messages.empty, messages.empty, () => ({})),
    Inputs: unary(messages.empty, messages.empty, () => ({})),
  }
}
