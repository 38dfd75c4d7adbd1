import { PassThrough } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import Docker from 'dockerode'
import { pack } from 'tar-stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { setStage, type Stage } from '../fixtures/stage.ts'

let stage: Stage
let docker: Docker
beforeAll(async () => {
  stage = await setStage()
  docker = new Docker({ socketPath: stage.engine.socket })
})
afterAll(async () => stage?.[Symbol.asyncDispose]())

/** Both streams of an attach or exec, told apart by their frames. */
async function apart(stream: NodeJS.ReadableStream): Promise<[out: string, err: string]> {
  const [out, err] = [new PassThrough(), new PassThrough()]
  docker.modem.demuxStream(stream, out, err)
  stream.on('end', () => {
    out.end()
    err.end()
  })
  return await Promise.all([text(out), text(err)])
}

test('run', async () => {
  const sink = new PassThrough()
  const [{ StatusCode }, container] = (await docker.run(stage.busybox, ['sh', '-c', 'echo hi; exit 3'], sink, { Tty: true })) as [{ StatusCode: number }, Docker.Container]
  expect(StatusCode).toBe(3)
  sink.end()
  expect(await text(sink)).toBe('hi\r\n')
  await container.remove()
})

test('attach before start, with stdin that is half-closed', async () => {
  const container = await docker.createContainer({ Image: stage.busybox, Cmd: ['sh', '-c', 'cat; echo done >&2'], OpenStdin: true, StdinOnce: true, AttachStdin: true, AttachStdout: true, AttachStderr: true })
  const stream = await container.attach({ stream: true, hijack: true, stdin: true, stdout: true, stderr: true })
  const heard = apart(stream)
  await container.start()
  stream.write('through\n')
  stream.end()
  expect(await heard).toEqual(['through\n', 'done\n'])
  expect(await container.wait()).toEqual({ StatusCode: 0 })
  await container.remove()
})

test('exec, hijacked and not', async () => {
  const container = await docker.createContainer({ Image: stage.busybox, Cmd: ['sleep', '1000'], name: 'beside' })
  await container.start()
  const plain = await container.exec({ Cmd: ['sh', '-c', 'echo out; echo err >&2; exit 5'], AttachStdout: true, AttachStderr: true })
  expect(await apart(await plain.start({}))).toEqual(['out\n', 'err\n'])
  expect(await plain.inspect()).toMatchObject({ ExitCode: 5, Running: false })
  const piped = await container.exec({ Cmd: ['tr', 'a-z', 'A-Z'], AttachStdin: true, AttachStdout: true })
  const stream = await piped.start({ hijack: true, stdin: true })
  const heard = apart(stream)
  stream.end('shout\n')
  expect(await heard).toEqual(['SHOUT\n', ''])
  const typed = await container.exec({ Cmd: ['sh', '-c', 'sleep 0.2; stty size'], AttachStdout: true, Tty: true })
  const terminal = await typed.start({ hijack: true, Tty: true })
  await typed.resize({ h: 11, w: 22 })
  expect(await text(terminal)).toBe('11 22\r\n')
  const framed = await container.exec({ Cmd: ['sh', '-c', 'tty'], AttachStdout: true, Tty: true })
  expect(await apart(await framed.start({}))).toEqual(['/dev/pts/0\r\n', ''])
})

test('logs: at once as a buffer, followed as a stream', async () => {
  const container = await docker.createContainer({ Image: stage.busybox, Cmd: ['sh', '-c', 'echo a; sleep 0.2; echo b'] })
  await container.start()
  expect(await apart(await container.logs({ follow: true, stdout: true, stderr: true }))).toEqual(['a\nb\n', ''])
  expect((await container.logs({ stdout: true, tail: 1 })).toString()).toContain('b\n')
  await container.remove()
})

test('pull and build report progress to the end', async () => {
  const follow = (stream: NodeJS.ReadableStream) => new Promise<{ status?: string; stream?: string; aux?: { ID: string } }[]>((resolve, reject) => docker.modem.followProgress(stream, (error, lines) => (error ? reject(error) : resolve(lines))))
  expect((await follow(await docker.pull(`${stage.web}:1.1`))).at(-1)?.status).toContain('web:1.1')
  const context = pack()
  context.entry({ name: 'Dockerfile' }, `FROM ${stage.busybox}\nRUN echo built > /f\n`)
  context.finalize()
  const lines = await follow(await docker.buildImage(context as unknown as NodeJS.ReadableStream, { t: 'rode:1' }))
  expect(lines.some(({ aux }) => aux?.ID.startsWith('sha256:'))).toBe(true)
  await docker.getImage('rode:1').remove()
})

test('archives in and out', async () => {
  const archive = pack()
  archive.entry({ name: 'sent.txt' }, 'payload')
  archive.finalize()
  const container = docker.getContainer('beside')
  await container.putArchive(await buffer(archive), { path: '/tmp' })
  expect((await buffer(await container.getArchive({ path: '/tmp/sent.txt' }))).toString()).toContain('payload')
})

test('stats as a stream, top, and errors that carry their status', async () => {
  const container = docker.getContainer('beside')
  const stats = await container.stats({ stream: true })
  const first = await new Promise<string>((resolve) => stats.once('data', (bytes: Buffer) => resolve(bytes.toString())))
  ;(stats as unknown as { destroy(): void }).destroy()
  expect(JSON.parse(first)).toMatchObject({ name: '/beside' })
  expect((await container.top()).Processes).toHaveLength(1)
  await expect(docker.getContainer('nobody').inspect()).rejects.toMatchObject({ statusCode: 404, reason: 'no such container' })
  await expect(container.start()).rejects.toMatchObject({ statusCode: 304 })
})

test('events as a stream; lists; prunes', async () => {
  const events = await docker.getEvents({ filters: { type: ['volume'] } })
  const heard = new Promise<string>((resolve) => events.once('data', (bytes: Buffer) => resolve(bytes.toString())))
  await docker.createVolume({ Name: 'rode' })
  expect(JSON.parse(await heard)).toMatchObject({ Type: 'volume', Action: 'create', Actor: { ID: 'rode' } })
  ;(events as unknown as { destroy(): void }).destroy()
  expect((await docker.listVolumes()).Volumes.map(({ Name }) => Name)).toEqual(['rode'])
  expect((await docker.listNetworks()).length).toBe(3)
  expect((await docker.listContainers({ all: true })).length).toBe(1)
  expect(await docker.pruneVolumes({ filters: { all: ['true'] } })).toMatchObject({ VolumesDeleted: ['rode'] })
})
