import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { setStage, type Stage } from '../fixtures/stage.ts'
import type { TestEngine } from '../fixtures/engine.ts'
import { callRaw } from '../fixtures/raw-api.ts'
import { adoptRecords, damagedBlobs, differences } from './check.ts'
import { names, observe } from './observe.ts'
import { createDice } from './random-numbers.ts'
import { createClient, existing, type Client } from './workload.ts'

/** `npm run faults` asks for more, from a seed of its own each time; one that was printed repeats what was asked for, though not the instant of each kill. */
const ASKED = process.env['SLIPWAY_FAULT_KILLS']
const KILLS = Number(ASKED ?? 4)
const MOST_MS = 1500
const SEED = Number(process.env['SLIPWAY_FAULT_SEED'] ?? (ASKED === undefined ? 1 : Math.floor(Math.random() * 2 ** 31)))

let stage: Stage
beforeAll(async () => void (stage = await setStage()))
afterAll(async () => stage?.[Symbol.asyncDispose]())

async function workUntilCut(client: Client): Promise<number> {
  let steps = 0
  while (await client.step()) steps++
  return steps
}

/** The product's own check, which knows nothing of what clients were told. */
async function toldByDoctor({ socket }: TestEngine): Promise<string[]> {
  const reply = await callRaw(socket, 'GET', '/slipway/doctor')
  if (reply.status !== 200) return [`the doctor: ${reply.status} ${reply.text}`]
  const { Findings } = reply.json<{ Findings: { Reason: string; What: string }[] }>()
  return Findings.map(({ Reason, What }) => `the doctor: ${Reason}: ${What}`)
}

/** Cables and shims go in the kernel's own time, and health probes come and go: only what every look finds for a while counts. */
async function lasting(look: () => Promise<string[]>): Promise<string[]> {
  let left: string[] | undefined
  for (let until = Date.now() + 10_000; left === undefined || (left.length > 0 && Date.now() < until); await pause(100)) {
    const found = await look()
    left = left?.filter((finding) => found.includes(finding)) ?? found
  }
  return left
}

/** A saved image whose one name is `name`. */
async function archiveOf(engine: TestEngine, image: string, name: string): Promise<Buffer> {
  await engine.ok('tag', image, name)
  const { bytes } = await callRaw(engine.socket, 'GET', `/images/${name}/get`)
  await engine.ok('rmi', name)
  return bytes
}

/** Every image that clients were told of runs; and when everything was removed, nothing is left on disk. */
async function leftOvers(engine: TestEngine, clients: readonly Client[]): Promise<string[]> {
  const found: string[] = []
  const trial = (image: string) => (/^b-/.test(image) ? ['run', '--rm', image] : ['run', '--rm', image, 'true'])
  await Promise.all(clients.flatMap(({ images }) => existing(images)).map(async (image) => {
    const { code, output } = await engine.docker(...trial(image))
    if (code !== 0) found.push(`image ${image} does not run: ${output}`)
  }))
  const containers = (await engine.ok('ps', '-aq')).split('\n').filter(Boolean)
  if (containers.length > 0) await engine.ok('rm', '-fv', ...containers)
  await engine.ok('network', 'prune', '-f')
  await engine.ok('volume', 'prune', '-af')
  await engine.ok('builder', 'prune', '-af').catch(() => engine.ok('builder', 'prune', '-f'))
  await engine.ok('image', 'prune', '-af')
  for (const folder of ['content/blobs/sha256', 'content/ingest', 'volumes', 'containers', 'tmp']) {
    const left = await names(join(engine.dataRoot, folder))
    if (left.length > 0) found.push(`left in ${folder}: ${left.join(' ')}`)
  }
  const snapshots = (await observe(engine)).snapshots.filter((name) => name !== '0')
  if (snapshots.length > 0) found.push(`left in snapshots: ${snapshots.join(' ')}`)
  return found
}

test(`${KILLS} kills at random moments: what was confirmed is there, what was not is whole or absent, nothing leaks (seed ${SEED})`, { timeout: 60_000 + KILLS * 60_000 }, async () => {
  const { engine, busybox } = stage
  const dice = createDice(SEED)
  const clients: Client[] = []
  for (const [index, name] of [...'xyz'].entries()) {
    await stage.registry.push(join(stage.folder, 'web-1.1'), 'x', `pulled-${name}:1`)
    clients.push(createClient({ engine, image: busybox, dice: createDice(SEED + index + 1), name, firstPort: 24100 + 10 * index + 40 * (SEED % 100), pulls: `${stage.registry.host}/pulled-${name}:1`, archive: await archiveOf(engine, busybox, `loaded-${name}:1`) }))
  }
  /** What was found, and when first: a leak would otherwise be told after every kill. */
  const findings = new Map<string, string>()
  let steps = 0
  console.log(`faults: seed ${SEED}, ${KILLS} kills`)
  for (let kill = 1; kill <= KILLS; kill++) {
    const work = Promise.all(clients.map(workUntilCut))
    // Long enough for a request in most rounds, short enough to meet many of them half way.
    await pause(20 + dice.next() * MOST_MS)
    await engine.kill('SIGKILL')
    steps += (await work).reduce((sum, count) => sum + count, 0)
    await engine.start()
    for (const finding of await lasting(async () => [...(await differences(engine, clients)), ...(await toldByDoctor(engine))])) {
      if (findings.has(finding)) continue
      findings.set(finding, `kill ${kill}, after ${steps} requests`)
      // At once: whoever stops a long run keeps what it has found.
      console.log(`faults: kill ${kill}: ${finding}`)
    }
    await adoptRecords(engine, clients)
  }
  const done = clients.flatMap((client) => [...client.done])
  const counts = Object.fromEntries([...new Set(done.map(([what]) => what))].sort().map((what) => [what, done.reduce((sum, [other, count]) => sum + (other === what ? count : 0), 0)]))
  console.log(`faults: ${KILLS} kills in ${steps} requests: ${JSON.stringify(counts)}`)
  for (const finding of await lasting(() => damagedBlobs(engine).then((names) => names.map((name) => `blob ${name} is damaged`)))) findings.set(finding, 'at the end')
  for (const finding of await leftOvers(engine, clients)) findings.set(finding, 'at the end')
  expect(Object.fromEntries(findings)).toEqual({})
})
