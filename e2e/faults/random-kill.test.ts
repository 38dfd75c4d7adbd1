import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { setStage, type Stage } from '../fixtures/stage.ts'
import { adoptRecords, differences } from './check.ts'
import { observe } from './observe.ts'
import { createDice } from './random-numbers.ts'
import { createClient, type Client } from './workload.ts'

/** `npm run faults` asks for more; a seed that was printed repeats what was asked for, though not the instant of each kill. */
const KILLS = Number(process.env['SLIPWAY_FAULT_KILLS'] ?? 12)
const SEED = Number(process.env['SLIPWAY_FAULT_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const CLIENTS = 3

let stage: Stage
beforeAll(async () => void (stage = await setStage()))
afterAll(async () => stage?.[Symbol.asyncDispose]())

async function workUntilCut(client: Client): Promise<number> {
  let steps = 0
  while (await client.step()) steps++
  return steps
}

/** Cables and shims go in the kernel's own time: only what is still different after a while counts. */
async function lasting(look: () => Promise<string[]>): Promise<string[]> {
  const until = Date.now() + 5000
  for (;;) {
    const found = await look()
    if (found.length === 0 || Date.now() > until) return found
    await pause(100)
  }
}

test(`${KILLS} kills at random moments: what was confirmed is there, what was not is whole or absent, nothing leaks (seed ${SEED})`, { timeout: 60_000 + KILLS * 15_000 }, async () => {
  const { engine, busybox } = stage
  const dice = createDice(SEED)
  const baseline = { snapshots: (await observe(engine)).snapshots.length }
  const clients = Array.from({ length: CLIENTS }, (_client, index) => createClient({ engine, image: busybox, dice: createDice(SEED + index + 1), name: 'xyz'[index]!, firstPort: 24100 + 10 * index }))
  /** What was found, and when first: a leak would otherwise be told after every kill. */
  const findings = new Map<string, string>()
  let steps = 0
  console.log(`faults: seed ${SEED}, ${KILLS} kills`)
  for (let kill = 1; kill <= KILLS; kill++) {
    const work = Promise.all(clients.map(workUntilCut))
    await pause(20 + dice.next() * 600)
    await engine.kill('SIGKILL')
    steps += (await work).reduce((sum, count) => sum + count, 0)
    await engine.start()
    for (const finding of await lasting(() => differences(engine, clients, baseline))) if (!findings.has(finding)) findings.set(finding, `kill ${kill}, after ${steps} requests`)
    await adoptRecords(engine, clients)
  }
  console.log(`faults: ${KILLS} kills in ${steps} requests`)
  expect(Object.fromEntries(findings)).toEqual({})
})
