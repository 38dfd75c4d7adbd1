import { mkdtemp, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { run } from '../fixtures/engine.ts'
import { freePort } from '../fixtures/registry.ts'
import { callRaw } from '../fixtures/raw-api.ts'
import { setStage, type Stage } from '../fixtures/stage.ts'
import { observe } from './observe.ts'

let stage: Stage
beforeAll(async () => void (stage = await setStage()))
afterAll(async () => stage?.[Symbol.asyncDispose]())

/** Does to the engine's world what a reboot does: every process, cgroup, mount, link, rule and file of the run root goes, the data root stays. */
async function loseEverythingButTheDisk(): Promise<void> {
  const { engine } = stage
  const ids = (await engine.ok('ps', '-aq', '--no-trunc')).split('\n').filter(Boolean)
  await engine.kill()
  for (const pid of await processesBelow(engine.runRoot)) process.kill(pid, 'SIGKILL')
  const mounts = async () => (await observe(engine)).mounts
  await expect.poll(async () => {
    for (const mount of (await mounts()).reverse()) await run('umount', ['-l', mount])
    return await mounts()
  }, { timeout: 10_000 }).toEqual([])
  for (const bridge of (await observe(engine)).bridges) await run('ip', ['link', 'del', bridge])
  for (const id of ids) await run('find', ['/sys/fs/cgroup', '-depth', '-type', 'd', '-name', id, '-exec', 'rmdir', '{}', ';'])
  await rm(engine.runRoot, { recursive: true, force: true })
}

/** Shims, and what runs in their containers: found by the cgroup or the parent they share. */
async function processesBelow(runRoot: string): Promise<number[]> {
  const parents = new Map<number, number>()
  const shims = new Set<number>()
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const [status, command] = await Promise.all(['status', 'cmdline'].map((file) => readFile(`/proc/${name}/${file}`, 'utf8').catch(() => '')))
    parents.set(Number(name), Number(/^PPid:\s*(\d+)/m.exec(status ?? '')?.[1] ?? 0))
    if (command?.includes('slipway-shim') && command.includes(`${runRoot}/`)) shims.add(Number(name))
  }
  const belongs = (pid: number): boolean => shims.has(pid) || (parents.has(pid) && belongs(parents.get(pid)!))
  return [...parents.keys()].filter(belongs)
}

test('after a reboot what its policy wants runs again, on its network and its port; the rest is recorded as lost', async () => {
  const { engine, busybox, web } = stage
  const port = await freePort()
  await engine.ok('network', 'create', '--subnet', '10.236.0.0/24', 'kept')
  await engine.ok('run', '-d', '--name', 'always', '--restart', 'always', '--network', 'kept', '--ip', '10.236.0.77', '-p', `127.0.0.1:${port}:8080`, '-v', 'kept:/kept', `${web}:1.0`)
  await engine.ok('exec', 'always', 'sh', '-c', 'echo written > /kept/file; echo layer > /layer')
  for (const [name, policy] of [['unless', 'unless-stopped'], ['stopped', 'unless-stopped'], ['stopped-always', 'always'], ['never', 'no'], ['failing', 'on-failure']] as const)
    await engine.ok('run', '-d', '--name', name, '--restart', policy, busybox, 'sleep', '1000')
  await engine.ok('stop', '-t', '0', 'stopped', 'stopped-always')
  await engine.ok('run', '-d', '--rm', '--name', 'passing', '-v', '/anonymous', busybox, 'sleep', '1000')

  await loseEverythingButTheDisk()
  await engine.start()

  const states = async () => Object.fromEntries((await engine.ok('ps', '-a', '--format', '{{.Names}} {{.State}}')).split('\n').map((line) => line.split(' ')))
  await expect.poll(states, { timeout: 20_000 }).toEqual({ always: 'running', unless: 'running', stopped: 'exited', 'stopped-always': 'running', never: 'exited', failing: 'exited' })
  expect(await engine.ok('inspect', '-f', '{{.State.ExitCode}}', 'never')).toBe('255')
  expect(await engine.ok('exec', 'always', 'cat', '/kept/file', '/layer')).toBe('written\nlayer')
  expect(await engine.ok('inspect', '-f', '{{.NetworkSettings.Networks.kept.IPAddress}}', 'always')).toBe('10.236.0.77')
  await expect.poll(() => fetch(`http://127.0.0.1:${port}/`).then((response) => response.text()).catch(String), { timeout: 10_000 }).toBe('web 1.0\n')
  expect(await engine.ok('volume', 'ls', '-q')).toBe('kept')
})

/** Layers that were not flushed by then say of which boot they are. */
function becomeAnotherBoot(dataRoot: string): void {
  using database = new DatabaseSync(join(dataRoot, 'slipway.db'))
  const { changes } = database.prepare("UPDATE record SET value = json_set(value, '$.unflushed', 'the boot before') WHERE collection = 'snapshots' AND json_extract(value, '$.unflushed') IS NOT NULL").run()
  expect(changes).toBeGreaterThan(0)
}

test('layers whose files were not on the disk when the power went are unpacked again before anything runs on them', async () => {
  const { engine, web } = stage
  await engine.ok('pull', '-q', `${web}:1.1`)
  const upper = await engine.ok('image', 'inspect', '-f', '{{.GraphDriver.Data.UpperDir}}', `${web}:1.1`)
  await engine.ok('run', '-d', '--name', 'cut', '--restart', 'always', `${web}:1.1`)
  await engine.ok('exec', 'cut', 'sh', '-c', 'echo made here > /made')
  for (const name of ['torn', 'whole']) {
    await engine.ok('commit', 'cut', name)
    await engine.ok('exec', 'cut', 'sh', '-c', 'echo other > /made')
  }
  const madeIn = (name: string) => engine.ok('image', 'inspect', '-f', '{{.GraphDriver.Data.UpperDir}}/made', name)
  const torn = await madeIn('torn')
  const files = (await run('find', [upper, '-type', 'f', '-size', '+0'])).stdout.trim().split('\n')
  expect(files.length).toBeGreaterThan(0)
  const before = await Promise.all(files.map((file) => readFile(file)))

  await loseEverythingButTheDisk()
  for (const file of [...files, torn]) await truncate(file, 0)
  becomeAnotherBoot(engine.dataRoot)
  await engine.start()

  expect(await Promise.all(files.map((file) => readFile(file)))).toEqual(before)
  await expect.poll(() => engine.ok('inspect', '-f', '{{.State.Running}}', 'cut')).toBe('true')
  const { Findings } = (await callRaw(engine.socket, 'GET', '/slipway/doctor')).json<{ Findings: { Reason: string; What: string }[] }>()
  expect(Findings).toMatchObject([{ Reason: 'layer-changed', What: expect.stringContaining(' of torn:latest are not those that it was made of') as string }])
})

test('a step of a build whose layer the power may have torn is made again by the next build', async () => {
  const { engine, busybox } = stage
  const folder = await mkdtemp(join(tmpdir(), 'slipway-reboot-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, 'Dockerfile'), `FROM ${busybox}\nRUN echo whole > /made\nRUN echo second > /second\n`)
  await engine.ok('build', '-t', 'built', folder)
  const made = (await run('sh', ['-c', `grep -l whole ${engine.dataRoot}/snapshots/*/made`])).stdout.trim()
  await engine.ok('run', '--rm', 'built', 'cat', '/made')

  await loseEverythingButTheDisk()
  await truncate(made, 0)
  becomeAnotherBoot(engine.dataRoot)
  await engine.start()

  await engine.ok('build', '-t', 'built', folder)
  expect(await engine.ok('run', '--rm', 'built', 'cat', '/made', '/second')).toBe('whole\nsecond')
})
