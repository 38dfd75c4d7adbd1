import { EngineError } from './errors.ts'

/** This engine is one machine's, and says so as an engine of Docker that is of no swarm does. Which status that has differs by what was asked for. */
export const noSwarm = (code: 'unavailable' | 'forbidden' = 'unavailable'): EngineError =>
  new EngineError(code, 'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.', { reason: 'no-swarm' })
