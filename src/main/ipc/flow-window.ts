import { streamWindow } from '#shared/contract/bridge.ts'

/** What was sent on a stream and not yet consumed, in cost. */
export function createFlowWindow() {
  let outstanding = 0
  let roomy: PromiseWithResolvers<void> | undefined
  return {
    spend: (cost: number) => void (outstanding += cost),
    acknowledge(cost: number): void {
      outstanding = Math.max(0, outstanding - cost)
      if (outstanding <= streamWindow.low) roomy?.resolve()
    },
    async room(signal: AbortSignal): Promise<void> {
      if (outstanding < streamWindow.high) return
      roomy = Promise.withResolvers()
      const leave = () => roomy?.resolve()
      signal.addEventListener('abort', leave)
      await roomy.promise
      signal.removeEventListener('abort', leave)
      roomy = undefined
    },
  }
}
export type FlowWindow = ReturnType<typeof createFlowWindow>
