import { inject, type InjectionKey } from 'vue'
import type { EngineProxy } from '../engine/proxy.ts'

export const engineKey: InjectionKey<EngineProxy> = Symbol('engine')

/** The contract as the page calls it. Provided once by main.ts. */
export function useEngine(): EngineProxy {
  const engine = inject(engineKey)
  if (!engine) throw new Error('No engine was provided to this app.')
  return engine
}
