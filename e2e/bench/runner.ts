import type { TestRegistry } from '../fixtures/registry.ts'
import { growthExponent } from './statistics.ts'
import type { Subject } from './subject.ts'
import type { Workload } from './workload.ts'

/** Work of one kind on all engines; reports through `bench.measure`. */
export type Scenario = (bench: Bench) => Promise<void>
export type Group = Record<string, Scenario>

/** `ratio`: ours to the peer's, at most (at least, where more is better). `value`: ours alone. */
export interface Budget {
  ratio?: number
  value?: number
  /** Whom the ratio was meant against, where it is not Docker 26. */
  against?: string
}

export interface Result {
  name: string
  unit: string
  /** `more`: a throughput. */
  better: 'less' | 'more'
  budget?: Budget
  /** Every measurement by engine, in order: those with the same index were made side by side. */
  values: Record<string, number[]>
  /** The engine's own CPU time for each of them, where the work is the engine's and not at one moment. */
  cpuMs: Record<string, number[]>
  failed?: string
}

export interface MeasureOptions {
  unit?: string
  better?: Result['better']
  budget?: Budget
  /** Default 11, and 3 in a quick run. */
  rounds?: number
  /** Rounds whose result is thrown away. Default 1. */
  warmUp?: number
  /** The same without an engine: what nobody can be faster than. */
  limit?: () => Promise<number> | number
  only?: readonly Subject[]
}

/** What scenarios are given. */
export interface Bench extends AsyncDisposable {
  readonly subjects: readonly Subject[]
  readonly quick: boolean
  readonly folder: string
  readonly registry: TestRegistry
  readonly workload: Workload
  readonly results: Result[]
  perform(name: string, scenario: Scenario): Promise<void>
  /** One engine after the other in each round, and the other way round in the next. The work may give its own figure; otherwise its time is taken. */
  measure(name: string, options: MeasureOptions, work: (subject: Subject, round: number) => Promise<number | void>): Promise<void>
  /** The same at several sizes, and how it grows (docs/bench.md: exponent). */
  grow(name: string, sizes: readonly number[], options: MeasureOptions, work: (subject: Subject, size: number) => Promise<number | void>): Promise<void>
  /** Runs when the scenario is over, however it ends. */
  defer(undo: () => Promise<unknown>): void
}

type Parts = Pick<Bench, 'subjects' | 'quick' | 'folder' | 'registry' | 'workload'>

export function createBench(parts: Parts): Bench {
  const results: Result[] = []
  const state = { undo: new AsyncDisposableStack() }
  const bench: Bench = {
    ...parts,
    results,
    async perform(name, scenario) {
      state.undo = new AsyncDisposableStack()
      console.error(`# ${name}`)
      try {
        await scenario(bench)
      } catch (error) {
        // The others are worth having all the same.
        results.push({ name, unit: '', better: 'less', values: {}, cpuMs: {}, failed: (error as Error).stack ?? String(error) })
        console.error(error)
      } finally {
        await state.undo.disposeAsync().catch((error: unknown) => console.error(`clearing up after ${name}:`, error))
      }
    },
    async measure(name, options, work) {
      const result: Result = { name, unit: options.unit ?? 'ms', better: options.better ?? 'less', budget: options.budget, values: {}, cpuMs: {} }
      await takeTurns(result, options, parts, work)
      results.push(result)
      console.error(`  ${name}: ${Object.entries(result.values).map(([who, values]) => `${who} ${values.map((value) => value.toPrecision(3)).join(' ')}`).join(' | ')}`)
    },
    async grow(name, sizes, options, work) {
      for (const size of sizes) await bench.measure(`${name}, ${size.toLocaleString('en')}`, { rounds: 3, warmUp: 0, ...options }, (subject) => work(subject, size))
      const measured = results.slice(-sizes.length)
      const values: Result['values'] = {}
      for (const { name: who } of options.only ?? parts.subjects) {
        values[who] = [growthExponent(sizes.map((size, index) => ({ size, cost: Math.min(...(measured[index]!.values[who] ?? [])) })))]
      }
      results.push({ name: `${name}: growth exponent`, unit: '', better: 'less', budget: options.better === 'more' ? undefined : { value: 1.2 }, values, cpuMs: {} })
    },
    defer: (undo) => state.undo.defer(async () => void (await undo())),
    [Symbol.asyncDispose]: () => state.undo.disposeAsync(),
  }
  return bench
}

async function takeTurns(result: Result, options: MeasureOptions, { subjects, quick }: Parts, work: (subject: Subject, round: number) => Promise<number | void>) {
  const rounds = Math.min(options.rounds ?? 11, quick ? 3 : Infinity)
  const warmUp = options.warmUp ?? 1
  const turn = [...(options.only ?? subjects)]
  for (let round = -warmUp; round < rounds; round++) {
    for (const subject of turn) {
      const [cpu, start] = [subject.cpuMs(), performance.now()]
      const own = await work(subject, round)
      const taken = performance.now() - start
      if (round < 0) continue
      ;(result.values[subject.name] ??= []).push(own ?? taken)
      ;(result.cpuMs[subject.name] ??= []).push(subject.cpuMs() - cpu)
    }
    if (options.limit && round >= 0) (result.values['limit'] ??= []).push(await options.limit())
    turn.reverse()
  }
}
