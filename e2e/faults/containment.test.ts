import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readFile, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { callRaw } from '../fixtures/raw-api.ts'
import { setStage, type Stage } from '../fixtures/stage.ts'
import { tarOf } from './tar-of.ts'

/**
 * Containers that mean harm, through the docker client: what they try fails in the container, the engine goes on, and nothing outside has changed.
 * What needs no engine is tried in core/runtime/confinement.host.test.ts and core/files/files.host.test.ts.
 */
let stage: Stage
let outside: string
beforeAll(async () => {
  stage = await setStage()
  outside = join(stage.folder, 'outside')
  await mkdir(outside)
  await writeFile(join(outside, 'precious'), 'untouched')
})
afterAll(async () => stage?.[Symbol.asyncDispose]())
afterEach(async () => {
  const ids = (await ok('ps', '-aq')).split('\n').filter(Boolean)
  if (ids.length > 0) await ok('rm', '-fv', ...ids)
})

const ok = (...args: string[]) => stage.engine.ok(...args)
const docker = (...args: string[]) => stage.engine.docker(...args)
const shell = (script: string, ...options: string[]) => docker('run', '--rm', ...options, stage.busybox, 'sh', '-c', script)

test('a cgroup’s release agent cannot be set, nor a cgroup be mounted, by an ordinary container', async () => {
  const script = `for procs in $(find /sys/fs/cgroup -name cgroup.procs); do
    folder=$(dirname $procs); mkdir $folder/mine && echo made
    [ -e $folder/release_agent ] && echo /bin/true > $folder/release_agent && echo written
    echo 1 > $folder/notify_on_release && echo notified
  done 2>/dev/null
  mkdir /tmp/c; mount -t cgroup -o memory x /tmp/c 2>/dev/null && echo mounted; mount -t cgroup2 x /tmp/c 2>/dev/null && echo mounted; echo end`
  const { stdout } = await shell(script)
  expect(stdout).toBe('end\n')
})

test('a fork bomb stops at its limit, and the engine answers', async () => {
  await ok('run', '-d', '--name', 'bomb', '--pids-limit', '40', stage.busybox, 'sh', '-c', '(while :; do sleep 1000 & done) 2>/dev/null; exec sleep 1000')
  await expect.poll(async () => Number(await ok('container', 'top', 'bomb', '-o', 'pid').then((text) => text.split('\n').length - 1).catch(() => 0)), { timeout: 30_000 }).toBeGreaterThan(5)
  expect((await ok('top', 'bomb', '-o', 'pid')).split('\n').length - 1).toBeLessThanOrEqual(40)
  expect(await ok('run', '--rm', stage.busybox, 'echo', 'alive')).toBe('alive')
  await ok('kill', 'bomb')
})

test('one that eats memory is killed alone, and told so', async () => {
  await docker('run', '--name', 'hog', '-m', '16m', '--memory-swap', '16m', stage.busybox, 'sh', '-c', 'x=aaaaaaaaaaaaaaaa; while :; do x=$x$x; done')
  expect(await ok('inspect', '-f', '{{.State.OOMKilled}} {{.State.ExitCode}}', 'hog')).toBe('true 137')
  expect(await ok('run', '--rm', stage.busybox, 'echo', 'alive')).toBe('alive')
})

test.each(['0:0;x', 'root;id', '-1', '4294967296', '0:-1', '$(id)', '../root', 'root:x:0:0'])('exec as the user %j runs nothing', async (user) => {
  await ok('run', '-d', '--name', 'host', stage.busybox, 'sleep', '1000')
  expect(await docker('exec', '-u', user, 'host', 'touch', '/ran')).toMatchObject({ code: 126, output: expect.stringMatching(/unable to find|must be in range/) })
  expect(await ok('exec', 'host', 'sh', '-c', 'ls /ran 2>/dev/null || echo absent')).toBe('absent')
})

test('descriptors and environment of a first program and of an exec are their own', async () => {
  const script = 'ls /proc/self/fd | tr "\\n" " "; env | cut -d= -f1 | sort | tr "\\n" " "'
  expect((await shell(script)).stdout).toBe('0 1 2 3 HOME HOSTNAME PATH PWD SHLVL ')
  await ok('run', '-d', '--name', 'host', stage.busybox, 'sleep', '1000')
  expect(await ok('exec', 'host', 'sh', '-c', script)).toBe('0 1 2 3 HOME HOSTNAME PATH PWD SHLVL')
})

test('a compressed archive copied in is unpacked by the engine, not by what the container calls xz, bzip2 or tar', async () => {
  const programs = join(stage.folder, 'programs')
  await mkdir(programs)
  for (const name of ['xz', 'unxz', 'bzip2', 'gunzip', 'gzip', 'unpigz', 'zstd', 'tar']) {
    await writeFile(join(programs, name), '#!/bin/sh\ntouch /ran\nexit 1\n')
    await chmod(join(programs, name), 0o755)
  }
  await ok('run', '-d', '--name', 'place', stage.busybox, 'sleep', '1000')
  for (const folder of ['/bin', '/usr/bin', '/usr/local/bin']) {
    await ok('exec', 'place', 'mkdir', '-p', folder)
    await ok('cp', `${programs}/.`, `place:${folder}`)
  }
  await ok('cp', 'place:/bin/busybox', join(stage.folder, 'copied-busybox'))
  for (const flag of ['--xz', '--bzip2', '--gzip']) {
    const archive = execFileSync('tar', ['-C', outside, '-c', flag, 'precious'])
    expect((await callRaw(stage.engine.socket, 'PUT', '/containers/place/archive?path=/tmp', archive, { 'Content-Type': 'application/x-tar' })).status).toBe(200)
    expect(await ok('exec', 'place', '/bin/busybox', 'sh', '-c', '/bin/busybox cat /tmp/precious; /bin/busybox rm /tmp/precious; [ -e /ran ] && echo ran; true')).toBe('untouched')
  }
  await expect(stat('/ran')).rejects.toThrow()
})

test('volume names lead nowhere, by whatever way they come', async () => {
  for (const name of ['../x', '..', '.', '/etc/../x', 'a/b', 'a\0b', '-x']) {
    expect((await callRaw(stage.engine.socket, 'POST', '/volumes/create', { Name: name })).status).toBe(400)
    const Mounts = [{ Type: 'volume', Source: name, Target: '/v' }]
    expect((await callRaw(stage.engine.socket, 'POST', '/containers/create', { Image: stage.busybox, HostConfig: { Mounts } })).status).toBe(400)
    expect((await callRaw(stage.engine.socket, 'DELETE', `/volumes/${encodeURIComponent(name)}`)).status).toBeGreaterThanOrEqual(400)
  }
})

test('a link in a volume leads a subpath, a copy and an image’s content nowhere outside', async () => {
  await ok('volume', 'create', 'linked')
  await ok('run', '--rm', '-v', 'linked:/v', stage.busybox, 'sh', '-c', `ln -s ${outside} /v/absolute; ln -s ../../../../../../../../../..${outside} /v/relative`)
  for (const link of ['absolute', 'relative']) {
    const { code, stdout } = await docker('run', '--rm', '--mount', `type=volume,src=linked,dst=/sub,volume-subpath=${link}`, stage.busybox, 'cat', '/sub/precious')
    expect([code === 0, stdout]).toEqual([false, ''])
  }
  await ok('create', '--name', 'place', '-v', 'linked:/v', stage.busybox)
  await writeFile(join(stage.folder, 'evil'), 'evil')
  await docker('cp', join(stage.folder, 'evil'), 'place:/v/absolute/precious')
  expect((await docker('cp', 'place:/v/absolute/precious', '-')).stdout).not.toContain('untouched')
  expect(await readFile(join(outside, 'precious'), 'utf8')).toBe('untouched')
})

test('a mount target that is swapped for a link while others start is mounted where it belongs, or not at all', async () => {
  await ok('run', '-d', '--name', 'swapper', '-v', 'shared:/v', stage.busybox, 'sh', '-c', 'mkdir -p /v/real; ln -s /etc /v/link; while :; do mv -T /v/real /v/target; mv -T /v/target /v/real; ln -s / /v/target; rm /v/target; done 2>/dev/null')
  const script = 'cut -d" " -f5 /proc/self/mountinfo'
  const expected = new Set((await ok('run', '--rm', '-v', 'other:/x', '-v', 'more:/x/target', stage.busybox, 'sh', '-c', script)).split('\n').map((target) => target.replace(/^\/x/, '/v')))
  for (let round = 0; round < 12; round++) {
    const { code, stdout } = await docker('run', '--rm', '-v', 'shared:/v', '-v', 'more:/v/target', stage.busybox, 'sh', '-c', script)
    if (code === 0) for (const target of stdout.trim().split('\n')) expect([...expected, '/v/real', '/v/target//deleted']).toContain(target.replace('\\040(deleted)', ''))
  }
  expect(await readFile('/proc/self/mountinfo', 'utf8')).not.toContain('/more/_data /')
})

test('the engine’s own folders and socket may be mounted, as by Docker, and removing the container removes nothing of them', async () => {
  const { dataRoot, runRoot, socket } = stage.engine
  await ok('volume', 'create', 'kept')
  await ok('run', '--rm', '-v', 'kept:/v', stage.busybox, 'touch', '/v/file')
  await ok('run', '-d', '--name', 'inside', '-v', `${dataRoot}:/data`, '-v', `${runRoot}:/run/engine`, '-v', `${socket}:/socket`, stage.busybox, 'sleep', '1000')
  expect(await ok('exec', 'inside', 'ls', '/data/volumes/kept/_data')).toBe('file')
  await ok('rm', '-fv', 'inside')
  expect(await ok('run', '--rm', '-v', 'kept:/v', stage.busybox, 'ls', '/v')).toBe('file')
  expect((await stat(join(dataRoot, 'slipway.db'))).size).toBeGreaterThan(0)
})

async function build(name: string, dockerfile: string, ...options: string[]) {
  const context = await mkdtemp(join(stage.folder, 'context-'))
  await writeFile(join(context, 'Dockerfile'), dockerfile)
  return docker('build', '-t', name, ...options, context)
}

test('mounts of a RUN that name places above, or lead there by links of the image, reach nothing outside', async () => {
  expect(await build('links', `FROM ${stage.busybox}\nRUN ln -s ${outside} /link && mkdir -p ${outside}`)).toMatchObject({ code: 0 })
  const above = `/../../../../../../../../../..${outside}`
  const attempts = [
    `type=cache,id=../../../../../../../../../..${outside},target=${above} touch ${outside}/made`,
    `type=cache,id=..,target=/../.. touch /made`,
    `type=cache,target=/link touch /link/made`,
    `type=cache,target=/link/deeper touch /link/deeper/made`,
    `type=tmpfs,target=${above} touch ${outside}/made`,
    `type=bind,from=links,source=/link,target=/seen,readonly=false sh -c 'cat /seen/precious; touch /seen/made; true'`,
    `type=bind,from=links,source=${above},target=/seen,readonly=false sh -c 'cat /seen/precious; touch /seen/made; true'`,
  ]
  const codes = []
  for (const attempt of attempts) {
    const { code, output } = await build('reached', `FROM links\nRUN --mount=${attempt}`, '--no-cache')
    expect(output, attempt).not.toContain('untouched')
    codes.push(code)
  }
  // All do what they say, within the container; only one over all of its root is refused.
  expect(codes).toEqual([0, 1, 0, 0, 0, 0, 0])
  await ok('builder', 'prune', '-af').catch(() => ok('builder', 'prune', '-f'))
  expect([await readdir(outside), await readFile(join(outside, 'precious'), 'utf8')]).toEqual([['precious'], 'untouched'])
  expect(await readdir('/')).not.toContain('made')
})

test('a RUN gets neither the machine’s network nor its privileges because a Dockerfile or an image asks for them', async () => {
  for (const [flag, entitlement] of [['--security=insecure', 'security.insecure'], ['--network=host', 'network.host']]) {
    expect(await build('asking', `FROM ${stage.busybox}\nRUN ${flag} true`, '--no-cache')).toMatchObject({ code: 1, output: expect.stringContaining(`${entitlement} is not allowed`) })
    expect(await build('trap', `FROM ${stage.busybox}\nONBUILD RUN ${flag} true`)).toMatchObject({ code: 0 })
    expect(await build('trapped', 'FROM trap', '--no-cache')).toMatchObject({ code: 1, output: expect.stringContaining(`${entitlement} is not allowed`) })
  }
  expect(await build('granted', `FROM ${stage.busybox}\nRUN --network=host true`, '--network', 'host')).toMatchObject({ code: 0 })
})

interface SavedConfig {
  rootfs: { diff_ids: string[] }
}

test('an image that claims the history of a build is not taken for its cache', async () => {
  const dockerfile = `FROM ${stage.busybox}\nENV WORD=good\nRUN echo good > /word\n`
  expect(await build('honest', dockerfile)).toMatchObject({ code: 0 })
  const id = await ok('image', 'inspect', '--format', '{{.Id}}', 'honest')
  const honest = JSON.parse(await readFile(join(stage.engine.dataRoot, 'content/blobs/sha256', id.slice(7)), 'utf8')) as SavedConfig
  const base = JSON.parse(await ok('image', 'inspect', '--format', '{{json .RootFS.Layers}}', stage.busybox)) as string[]
  await ok('rmi', '-f', 'honest')
  await ok('builder', 'prune', '-af').catch(() => ok('builder', 'prune', '-f'))
  // The same history and settings to the letter, and layers of its own.
  const layers = [...base.map((_, index) => tarOf({ [`base-${index}`]: '' })), tarOf({ word: 'bad\n' })]
  const config = JSON.stringify({ ...honest, rootfs: { ...honest.rootfs, diff_ids: layers.map((tar) => `sha256:${createHash('sha256').update(tar).digest('hex')}`) } })
  const archive = join(stage.folder, 'poison.tar')
  const names = layers.map((_, index) => `${index}.tar`)
  await writeFile(archive, tarOf({ 'manifest.json': JSON.stringify([{ Config: 'config.json', RepoTags: ['honest:latest'], Layers: names }]), 'config.json': config, ...Object.fromEntries(names.map((name, index) => [name, layers[index]!.toString('latin1')])) }))
  await ok('load', '-i', archive)
  expect(await build('again', dockerfile)).toMatchObject({ code: 0 })
  expect(await ok('run', '--rm', 'again', 'cat', '/word')).toBe('good')
  // Not even for one who names it, with nothing else to be found: what is below is not the same.
  await ok('rmi', '-f', 'again')
  await ok('builder', 'prune', '-af').catch(() => ok('builder', 'prune', '-f'))
  expect(await build('named', dockerfile, '--cache-from', 'honest')).toMatchObject({ code: 0 })
  expect(await ok('run', '--rm', 'named', 'cat', '/word')).toBe('good')
})
