import type { BuildMessage } from './builder.ts'

/**
 * Stages run side by side, but a person reads one after the other. Each stage writes into its own channel; the first unfinished
 * one goes straight through, later ones are held until it is done.
 */
export interface StepOutput {
  channel(index: number): (message: BuildMessage) => void
  finish(index: number): void
}

const HELD_LIMIT = 10_000

/** Of a quiet build nobody hears, unless it fails: then what was said is told after all, the last of it if it is long. */
export function holdMessages(emit: (message: BuildMessage) => void) {
  const held: BuildMessage[] = []
  return {
    emit: (message: BuildMessage) => {
      if (held.push(message) > HELD_LIMIT) held.splice(0, HELD_LIMIT / 2)
    },
    release: () => held.splice(0).forEach(emit),
  }
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
