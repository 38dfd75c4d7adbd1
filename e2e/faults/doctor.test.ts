import { createHash } from 'node:crypto'
import { appendFile, chmod, mkdir, open, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from '../fixtures/engine.ts'
import { callRaw } from '../fixtures/raw-api.ts'
import { freePort } from '../fixtures/registry.ts'
import { setStage, type Stage } from '../fixtures/stage.ts'

const ENTRY = join(import.meta.dirname, '../../src/main/engine/main.ts')

interface Told {
  Checked: { Blobs: number; Layers: number; Images: number; Containers: number; Volumes: number }
  Findings: { Kind: string; Reason: string; Subject: string; What: string; Advice: string; Outcome: string }[]
}

let stage: Stage
beforeAll(async () => void (stage = await setStage()))
afterAll(async () => stage?.[Symbol.asyncDispose]())

const program = (...args: string[]) => run(process.execPath, ['--disable-warning=ExperimentalWarning', ENTRY, 'doctor', '--data-root', stage.engine.dataRoot, '--run-root', stage.engine.runRoot, ...args])
/** Of this engine alone. */
async function tableOf({ dataRoot }: { dataRoot: string }): Promise<string> {
  const links = JSON.parse((await run('ip', ['-j', 'link'])).stdout) as { ifalias?: string }[]
  return links.flatMap(({ ifalias }) => (ifalias?.endsWith(` ${join(dataRoot, 'lock')}`) ? [ifalias.split(' ')[1]!] : []))[0]!
}
async function doctor(...args: string[]) {
  const { code, stdout, output } = await program('--json', ...args)
  if (stdout === '') throw new Error(output)
  const { Checked, Findings } = JSON.parse(stdout) as Told
  return { code, Checked, found: Findings.map(({ Reason, Subject, Outcome }) => `${Reason} ${Subject.split('/').at(-1)} ${Outcome}`).sort() }
}

test('what is whole is found whole, by the program, by the API, with the engine running or not', async () => {
  const { engine, busybox } = stage
  await engine.ok('run', '-d', '--name', 'kept', '-v', 'vol:/data', busybox, 'sleep', '1000')
  await engine.ok('exec', 'kept', 'sh', '-c', 'mkdir /made; echo content > /made/file; ln -s file /made/link; rm /etc/group')
  await engine.ok('commit', 'kept', 'made-here')
  const checked = { Layers: 3, Images: 3, Containers: 1, Volumes: 1 }
  expect((await callRaw(engine.socket, 'GET', '/slipway/doctor')).json<Told>()).toMatchObject({ Checked: checked, Findings: [] })
  expect(await doctor()).toMatchObject({ code: 0, Checked: checked, found: [] })
  await engine.kill('SIGTERM')
  expect((await program()).stdout).toMatch(/Looked at \d+ blobs .*\nNothing is wrong\.\n/)
  await engine.start()
})

test('damage and leftovers are told in words; what can be repaired without loss is; what users have made is never removed', async () => {
  const { engine } = stage
  await engine.kill('SIGTERM')
  const blobs = join(engine.dataRoot, 'content/blobs/sha256')
  const stray = '0'.repeat(64)
  await writeFile(join(blobs, stray), 'not this')
  const orphan = createHash('sha256').update('whole, and of no image').digest('hex')
  await writeFile(join(blobs, orphan), 'whole, and of no image')
  await writeFile(join(engine.dataRoot, 'content/ingest/new-0'), 'a part')
  await mkdir(join(engine.dataRoot, 'snapshots/999'))
  await writeFile(join(engine.dataRoot, 'tmp/context-x'), '')
  await mkdir(join(engine.dataRoot, 'containers', stray))
  await mkdir(join(engine.dataRoot, 'volumes/orphan/_data'), { recursive: true })
  await writeFile(join(engine.dataRoot, 'volumes/orphan/_data/precious'), 'yes')
  const leftovers = (outcome: string) => [`blob-damaged sha256:${stray} ${outcome}`, 'folder-without-volume orphan needs-you', `leftover ${stray} ${outcome}`, `leftover ${orphan} ${outcome}`, `leftover new-0 ${outcome}`, `leftover 999 ${outcome}`, `leftover context-x ${outcome}`].sort()
  expect(await doctor('--repair')).toMatchObject({ code: 11, found: leftovers('repaired') })
  expect(await doctor()).toMatchObject({ code: 11, found: ['folder-without-volume orphan needs-you'] })
  expect(await readdir(join(engine.dataRoot, 'volumes/orphan/_data'))).toEqual(['precious'])
  await rm(join(engine.dataRoot, 'volumes/orphan'), { recursive: true })
  await engine.start()
})

test('folders that others may write to are told, and closed again', async () => {
  const { dataRoot } = stage.engine
  const places = [dataRoot, join(dataRoot, 'volumes')]
  const modes = async () => (await Promise.all(places.map((place) => stat(place)))).map(({ mode }) => mode & 0o7777)
  const before = await modes()
  for (const place of places) await chmod(place, 0o777)
  expect(await doctor()).toMatchObject({ code: 10, found: ['wrong-permissions data repairable', 'wrong-permissions volumes repairable'] })
  expect(await doctor('--repair')).toMatchObject({ found: ['wrong-permissions data repaired', 'wrong-permissions volumes repaired'] })
  expect(await doctor()).toMatchObject({ code: 0, found: [] })
  for (const [index, mode] of (await modes()).entries()) expect([mode & 0o022, mode & before[index]!]).toEqual([0, before[index]])
})

test('files changed under a layer that was made here, a lost volume and torn blobs of a pulled image are found; pulling again makes it whole', async () => {
  const { engine, web } = stage
  const made = JSON.parse(await engine.ok('image', 'inspect', 'made-here')) as [{ GraphDriver: { Data: { UpperDir: string } } }]
  await appendFile(join(made[0].GraphDriver.Data.UpperDir, 'made/file'), 'changed')
  await engine.ok('volume', 'create', 'lost')
  await rm(join(engine.dataRoot, 'volumes/lost'), { recursive: true })
  const [{ Id }] = JSON.parse(await engine.ok('image', 'inspect', `${web}:1.0`)) as [{ Id: string }]
  await truncate(join(engine.dataRoot, 'content/blobs/sha256', Id.slice(7)), 10)
  expect((await engine.docker('save', '-o', join(stage.folder, 'saved.tar'), `${web}:1.0`)).output).toContain(`image ${web}:1.0 cannot be saved: its configuration is damaged or missing`)
  const { code, found } = await doctor()
  expect(code).toBe(11)
  expect(found).toEqual([expect.stringMatching(/^blob-damaged web:1.0 needs-you/), expect.stringMatching(/^layer-changed sha256:/), 'volume-missing lost needs-you'])
  await engine.ok('volume', 'rm', 'lost')
  await engine.ok('rmi', 'made-here')
  await engine.ok('pull', '-q', `${web}:1.0`)
  expect(await doctor()).toMatchObject({ code: 0, found: [] })
})

test('a packed layer with a wrong bit, and a layer whose files are gone, are mended while a container uses them', async () => {
  const { engine, busybox, web } = stage
  const blobs = join(engine.dataRoot, 'content/blobs/sha256')
  const sizes = await Promise.all((await readdir(blobs)).map(async (name) => [(await stat(join(blobs, name))).size, name] as const))
  const [, largest] = sizes.toSorted(([a], [b]) => b - a)[0]!
  await using file = await open(join(blobs, largest), 'r+')
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, 5000)
  await file.write(Buffer.of(buffer[0]! ^ 1), 0, 1, 5000)
  const upper = await engine.ok('image', 'inspect', '-f', '{{.GraphDriver.Data.UpperDir}}', `${web}:1.0`)
  await rm(upper, { recursive: true })
  expect(await engine.docker('run', '--rm', `${web}:1.0`, 'true')).toMatchObject({ output: expect.stringContaining('files of an image or container are gone from the disk') as string })
  expect((await doctor()).found).toEqual([expect.stringMatching(/^blob-damaged .* repairable/), expect.stringMatching(/^layer-missing .* repairable/)])
  const repaired = await doctor('--repair')
  expect(repaired).toMatchObject({ code: 11, found: [expect.stringMatching(/^blob-damaged .* repaired/), expect.stringMatching(/^blob-missing .* needs-you/), expect.stringMatching(/^layer-missing .* repaired/)] })
  expect(await engine.ok('run', '--rm', `${web}:1.0`, 'echo', 'whole')).toBe('whole')
  await engine.ok('pull', '-q', busybox)
  expect(await doctor()).toMatchObject({ code: 0, found: [] })
  expect(await engine.ok('exec', 'kept', 'echo', 'runs on')).toBe('runs on')
})

test('what runs without a record, and what is recorded and does not run, are told; the next engine makes both agree', async () => {
  const { engine, busybox } = stage
  for (const name of ['stray', 'lost']) await engine.ok('run', '-d', '--name', name, busybox, 'sleep', '1000')
  const [stray = '', lost = ''] = (await engine.ok('inspect', '-f', '{{.Id}}', 'stray', 'lost')).split('\n')
  const pids = (await engine.ok('inspect', '-f', '{{.State.Pid}}', 'stray', 'lost')).split('\n').map(Number)
  expect(await doctor()).toMatchObject({ code: 0, found: [] })
  await engine.kill('SIGKILL')
  {
    using database = new DatabaseSync(join(engine.dataRoot, 'slipway.db'))
    database.prepare("DELETE FROM record WHERE collection = 'containers' AND key = ?").run(stray)
  }
  process.kill(pids[1]!, 'SIGKILL')
  const wanted = [expect.stringMatching(/^leftover .* repairable/), 'process-missing lost needs-you', `process-unrecorded ${stray} needs-you`]
  await expect.poll(async () => (await doctor()).found.sort()).toEqual(wanted)
  await engine.start()
  expect(await doctor()).toMatchObject({ code: 0, found: [] })
  expect(() => process.kill(pids[0]!, 0)).toThrow('ESRCH')
  expect(await engine.ok('inspect', '-f', '{{.State.Status}}', lost)).toBe('exited')
  await engine.ok('rm', 'lost')
})

test('links and rules that others removed are told and put back; without an engine the next one does it', async () => {
  const { engine, web } = stage
  const port = await freePort()
  await engine.ok('network', 'create', 'apart')
  await engine.ok('run', '-d', '--name', 'online', '--network', 'apart', '-p', `127.0.0.1:${port}:8080`, `${web}:1.0`)
  const { Id } = JSON.parse(await engine.ok('network', 'inspect', '-f', '{{json .}}', 'apart')) as { Id: string }
  const bridge = `br-${Id.slice(0, 12)}`
  const answers = () => fetch(`http://127.0.0.1:${port}/`).then((response) => response.text(), String)
  await expect.poll(answers).toBe('web 1.0\n')
  const table = await tableOf(engine)
  expect(await doctor()).toMatchObject({ code: 0, found: [] })

  await run('ip', ['link', 'del', bridge])
  await run('nft', ['delete', 'element', 'inet', table, 'ports4_at', `{ 127.0.0.1 . tcp . ${port} }`])
  const lost = (outcome: string) => [`network-bridge-gone apart ${outcome}`, `network-cable-loose online ${outcome}`, `network-port-gone online ${outcome}`]
  expect(await doctor()).toMatchObject({ code: 10, found: lost('repairable') })
  expect(await doctor('--repair')).toMatchObject({ code: 0, found: lost('repaired') })
  expect(await doctor()).toMatchObject({ code: 0, found: [] })
  await expect.poll(answers).toBe('web 1.0\n')

  await engine.kill('SIGKILL')
  await run('nft', ['delete', 'table', 'inet', table])
  await run('ip', ['link', 'del', bridge])
  const { stdout } = await program()
  expect(stdout).toContain('✗ needs you: The firewall rules of the engine are gone')
  expect((await doctor()).found.filter((line) => line.startsWith('network-'))).toEqual(['network-bridge-gone apart needs-you', 'network-cable-loose online needs-you', 'network-rules-gone nftables needs-you'])
  await engine.start()
  await expect.poll(answers).toBe('web 1.0\n')
  expect(await doctor()).toMatchObject({ code: 0, found: [] })
  await engine.ok('rm', '-f', 'online')
  await engine.ok('network', 'rm', 'apart')
})

test('a torn database is told, by the doctor and by an engine that will not start on it', async () => {
  const { engine } = stage
  await engine.ok('rm', '-f', 'kept')
  await engine.kill('SIGTERM')
  const database = join(engine.dataRoot, 'slipway.db')
  const whole = await readdir(engine.dataRoot)
  expect(whole).toContain('slipway.db')
  const copy = join(stage.folder, 'copy.db')
  await run('cp', [database, copy])
  await writeFile(database, 'this is no database, and long enough to be taken for the header of one: '.repeat(100))
  expect(await doctor()).toMatchObject({ code: 11, found: ['database-damaged slipway.db needs-you'] })
  await expect(engine.start()).rejects.toThrow(/slipway\.db is damaged/)
  await run('cp', [copy, database])
  await engine.start()
  expect(await doctor()).toMatchObject({ code: 0, found: [] })
})
