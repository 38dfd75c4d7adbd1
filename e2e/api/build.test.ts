import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from '../fixtures/engine.ts'
import { callRaw } from '../fixtures/raw-api.ts'
import { setStage, type Stage } from '../fixtures/stage.ts'

let stage: Stage
let context: string
beforeAll(async () => {
  stage = await setStage()
  context = join(stage.folder, 'context')
  await mkdir(join(context, 'sub'), { recursive: true })
  const files = { 'f.txt': 'data\n', 'sub/s.txt': 'sub\n', 'ignored.key': 'secret\n', '.dockerignore': '*.key\n', Dockerfile: dockerfile(stage.busybox) }
  for (const [name, text] of Object.entries(files)) await writeFile(join(context, name), text)
  execFileSync('tar', ['-C', context, '-czf', join(context, 'a.tgz'), 'sub'])
  await stage.engine.ok('build', '-t', 'built:v1', context)
})
afterAll(async () => stage?.[Symbol.asyncDispose]())

const dockerfile = (base: string) => `ARG BASE=${base}
FROM \${BASE} AS first
RUN echo from-first > /first.txt
FROM ${base}
LABEL version="1.0" description="tour"
ENV GREETING=bonjour PATH_EXTRA=/x
WORKDIR /app
COPY f.txt ./
COPY --from=first /first.txt /first.txt
COPY --chown=1000:1000 . /all/
ADD a.tgz /unpacked/
RUN echo "$GREETING" > greet.txt && echo 'bob:x:1234:1234::/:/bin/sh' >> /etc/passwd
EXPOSE 8080/tcp 9090/udp
VOLUME /data
USER bob
HEALTHCHECK --interval=1s CMD true
STOPSIGNAL SIGINT
ENTRYPOINT ["/bin/sh","-c"]
CMD ["cat /app/greet.txt"]
`

test('a folder that the engine sees is read by it, and the same steps are found for it; another is refused', async () => {
  const { dev, ino } = await stat(context, { bigint: true })
  const build = (folder: string, inode = ino) => callRaw(stage.engine.socket, 'POST', `/slipway/build?folder=${encodeURIComponent(folder)}&device=${dev}&inode=${inode}&t=seen:1`, '')
  const [first, ...lines] = (await build(context)).text.trim().split('\n').map((line) => JSON.parse(line) as { stream?: string; aux?: { ID?: string } })
  expect(first).toEqual({ aux: { Context: { Files: 5, Bytes: expect.any(Number) } } })
  expect(lines.filter(({ stream }) => stream?.includes('Using cache')).length).toBeGreaterThan(5)
  expect(await stage.engine.ok('inspect', '-f', '{{.Id}}', 'seen:1')).toBe(await stage.engine.ok('inspect', '-f', '{{.Id}}', 'built:v1'))
  expect(await build(context, ino + 1n)).toMatchObject({ status: 404, text: expect.stringContaining('other-folder') })
  expect(await build(join(context, 'gone'))).toMatchObject({ status: 404 })
  expect(await callRaw(stage.engine.socket, 'POST', '/slipway/build?device=1&inode=1', '')).toMatchObject({ status: 400, text: expect.stringContaining('folder is missing') })
})

test('what is copied of a folder that is kept is a file of its own wherever it goes, and can be saved', async () => {
  const folder = join(stage.folder, 'names')
  await mkdir(folder)
  await writeFile(join(folder, 'a'), 'first\n')
  await symlink('a', join(folder, 'also'))
  await writeFile(join(folder, 'Dockerfile'), `FROM ${stage.busybox}\nCOPY a also /etc/\nADD a also /bin/\nCOPY a /x\nCOPY a /y\nRUN cp /x /y\n`)
  const { dev, ino } = await stat(folder, { bigint: true })
  const build = async (options = '') => (await callRaw(stage.engine.socket, 'POST', `/slipway/build?folder=${encodeURIComponent(folder)}&device=${dev}&inode=${ino}&t=names:1${options}`, '')).text
  const diffIds = () => stage.engine.ok('inspect', '-f', '{{slice .RootFS.Layers 1 5}}', 'names:1')
  expect(await build()).toContain('Successfully tagged names:1')
  // Programs go by the number of names: cron runs no file that has two.
  expect(await stage.engine.ok('run', '--rm', 'names:1', 'sh', '-c', 'stat -c "%h %n" /etc/a /etc/also /bin/a /bin/also /x /y')).toBe(['/etc/a', '/etc/also', '/bin/a', '/bin/also', '/x', '/y'].map((name) => `1 ${name}`).join('\n'))
  await stage.engine.ok('save', '-o', join(stage.folder, 'names.tar'), 'names:1')
  const before = await diffIds()
  await build('&nocache=1')
  expect(await diffIds()).toBe(before)
})

test('a context that is larger than what is unpacked in memory comes whole', async () => {
  const large = join(stage.folder, 'large')
  await mkdir(large)
  const bytes = randomBytes(70_000_000)
  await writeFile(join(large, 'large.bin'), bytes)
  await writeFile(join(large, 'small.txt'), 'small')
  await writeFile(join(large, 'Dockerfile'), `FROM ${stage.busybox}\nCOPY . /in/\n`)
  await stage.engine.ok('build', '-q', '-t', 'large:1', large)
  expect(await stage.engine.ok('run', '--rm', 'large:1', 'sh', '-c', 'sha256sum < /in/large.bin; cat /in/small.txt')).toBe(`${createHash('sha256').update(bytes).digest('hex')}  -\nsmall`)
})

const inside = (command: string) => stage.engine.ok('run', '--rm', 'built:v1', command)
const buildFrom = (text: string, ...options: string[]) => run('docker', ['-H', `unix://${stage.engine.socket}`, 'build', ...options, '-'], { input: text })

test('each instruction did what it says', async () => {
  expect(await stage.engine.ok('run', '--rm', 'built:v1')).toBe('bonjour')
  expect(await inside('cat f.txt /first.txt /unpacked/sub/s.txt')).toBe('data\nfrom-first\nsub')
  expect(await inside('stat -c %u:%g /all/f.txt; id -u; test -e /all/ignored.key || echo absent')).toBe('1000:1000\n1234\nabsent')
  const image = JSON.parse(await stage.engine.ok('inspect', '-f', '{{json .Config}}', 'built:v1')) as object
  expect(image).toMatchObject({ Labels: { version: '1.0', description: 'tour' }, ExposedPorts: { '8080/tcp': {}, '9090/udp': {} }, Volumes: { '/data': {} }, User: 'bob', WorkingDir: '/app', StopSignal: 'SIGINT', Healthcheck: { Test: ['CMD-SHELL', 'true'], Interval: 1_000_000_000 } })
})

test('a second build uses the cache, one with other content does not from there on', async () => {
  const again = await stage.engine.ok('build', '-t', 'built:v2', context)
  expect(again.match(/ ---> Using cache/g)?.length).toBe(16)
  expect(await stage.engine.ok('inspect', '-f', '{{.Id}}', 'built:v2')).toBe(await stage.engine.ok('inspect', '-f', '{{.Id}}', 'built:v1'))
  expect(await stage.engine.ok('build', '--no-cache', '-q', context)).toMatch(/^sha256:[0-9a-f]{64}$/)
})

test('arguments, targets, labels and another Dockerfile', async () => {
  await writeFile(join(context, 'Other'), `FROM ${stage.busybox} AS one\nARG WHO=nobody\nRUN echo $WHO > /who\nCMD cat /who\nFROM one AS two\nRUN false\n`)
  await stage.engine.ok('build', '-f', join(context, 'Other'), '--target', 'one', '--build-arg', 'WHO=you', '--label', 'x=y', '-t', 'other', context)
  expect(await stage.engine.ok('run', '--rm', 'other')).toBe('you')
  expect(await stage.engine.ok('inspect', '-f', '{{.Config.Labels.x}}', 'other')).toBe('y')
})

test('failures name the step', async () => {
  const failing = await buildFrom(`FROM ${stage.busybox}\nRUN echo before; exit 3\n`)
  expect(failing.code).toBe(3)
  expect(failing.output).toContain("The command '/bin/sh -c echo before; exit 3' returned a non-zero code: 3")
  expect((await buildFrom('FRUM x\n')).output).toContain('unknown instruction: FRUM')
  expect((await buildFrom(`FROM ${stage.busybox}\nCOPY absent /x\n`)).output).toMatch(/absent/)
  expect((await buildFrom('FROM 127.0.0.1:1/none\n')).code).toBe(1)
})

test('the stream: lines as they come, the id as aux, an error as the last', async () => {
  const archive = execFileSync('tar', ['-C', context, '-c', 'Other', 'f.txt'])
  const post = (query: string) => callRaw(stage.engine.socket, 'POST', `/build?dockerfile=Other&${query}`, archive, { 'Content-Type': 'application/x-tar' })
  const lines = (text: string) => text.split('\r\n').filter(Boolean).map((line) => JSON.parse(line) as { stream?: string; aux?: { ID: string }; error?: string; errorDetail?: { code: number; message: string } })
  const good = await post('target=one&t=streamed')
  expect([good.status, good.headers['content-type']]).toEqual([200, 'application/json'])
  expect(lines(good.text)[0]?.stream).toBe(`Step 1/4 : FROM ${stage.busybox} AS one`)
  expect(lines(good.text).find(({ aux }) => aux)?.aux?.ID).toMatch(/^sha256:/)
  const bad = lines((await post('')).text)
  expect(bad.at(-1)).toMatchObject({ error: expect.stringContaining('non-zero code: 1'), errorDetail: { code: 1 } })
  expect((await callRaw(stage.engine.socket, 'POST', '/build?buildargs=garbage', archive)).status).toBe(400)
})

test('a file named in small letters stands in for a Dockerfile that nobody named', async () => {
  const folder = join(context, 'small')
  await mkdir(folder)
  await writeFile(join(folder, 'dockerfile'), `FROM ${stage.busybox}\n`)
  const post = (query: string) => callRaw(stage.engine.socket, 'POST', `/build${query}`, execFileSync('tar', ['-C', folder, '-c', '.']))
  expect((await post('')).text).toContain('Successfully built')
  expect((await post('?dockerfile=Other')).text).toContain('Cannot locate specified Dockerfile: Other')
})

test('BuildKit is declined in words', async () => {
  const asked = await callRaw(stage.engine.socket, 'POST', '/build?version=2', '')
  expect(asked.status).toBeGreaterThanOrEqual(400)
  expect((await callRaw(stage.engine.socket, 'GET', '/_ping')).headers['builder-version']).toBe('1')
})

test('build prune', async () => {
  const reply = await callRaw(stage.engine.socket, 'POST', '/build/prune')
  expect(reply.json()).toMatchObject({ SpaceReclaimed: expect.any(Number) })
})
