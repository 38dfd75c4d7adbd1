import type { BuildMessage } from './builder.ts'

/**
 * Stages run side by side, but a person reads one after the other. Each stage writes into its own channel; the first unfinished
 * one goes straight through, later ones are held until it is done.
 */
export interface StepOutput {
  channel(index: number): (message: BuildMessage) => void
  finish(index: number): void
}

export function createStepOutput(channels: number, emit: (message: BuildMessage) => void): StepOutput {
  const held: BuildMessage[][] = Array.from({ length: channels }, () => [])
  const done = new Set<number>()
  let live = 0
  return {
    channel: (index) => (message) => {
      if (index === live) emit(message)
      else held[index]!.push(message)
    },
    finish(index) {
      done.add(index)
      while (done.has(live)) {
        live++
        for (const message of held[live]?.splice(0) ?? []) emit(message)
      }
    },
  }
}
