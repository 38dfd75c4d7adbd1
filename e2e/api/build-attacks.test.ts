import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import Docker from 'dockerode'
import { pack } from 'tar-stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { setStage, type Stage } from '../fixtures/stage.ts'

/** What a Dockerfile, a context, a base image or a server may try: nothing of the host is read, written or told. */
let stage: Stage
let secret: string
let counter = 0
beforeAll(async () => {
  // The engine inherits it.
  process.env['HOST_ONLY'] = 'host-secret'
  stage = await setStage()
  secret = join(stage.folder, 'secret')
  await writeFile(secret, 'host-secret')
})
afterAll(async () => {
  delete process.env['HOST_ONLY']
  await stage?.[Symbol.asyncDispose]()
})

async function build(files: Record<string, string>, ...options: string[]) {
  const folder = join(stage.folder, `attack-${counter++}`)
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), content.replaceAll('BASE', stage.busybox))
  }
  const name = `attack:${counter}`
  return { ...(await stage.engine.docker('build', '-t', name, ...options, folder)), name, folder }
}
const inside = (image: string, command: string) => stage.engine.ok('run', '--rm', '--entrypoint', '/bin/sh', image, '-c', command)

async function serving<Result>(listener: RequestListener, work: (address: string) => Promise<Result>): Promise<Result> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    return await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

/** A context as no client would send it, entry by entry. */
async function buildArchive(fill: (archive: ReturnType<typeof pack>) => void) {
  const archive = pack()
  fill(archive)
  archive.finalize()
  const docker = new Docker({ socketPath: stage.engine.socket })
  return docker.buildImage(archive as unknown as NodeJS.ReadableStream, { t: `attack:${counter++}` }).then(text, (error: Error) => error.message)
}

test('a working directory that is an open file of the runtime is refused; by a link it leads no further', async () => {
  const out = `cat ${'../'.repeat(12)}${secret.slice(1)} 2>&1; true`
  const direct = await build({ Dockerfile: `FROM BASE\nWORKDIR /proc/self/fd/7\nRUN ${out}\n` })
  expect([direct.code === 0, direct.output]).toEqual([false, expect.not.stringContaining('host-secret')])
  for (const file of [7, 8]) {
    const linked = await build({ Dockerfile: `FROM BASE\nRUN ln -s /proc/self/fd/${file} /w\nWORKDIR /w\nRUN ${out}\n` })
    expect(linked.output).not.toContain('host-secret')
  }
})

test('a context that leads outside by links or names writes and reads nothing there', async () => {
  const attempts: ((archive: ReturnType<typeof pack>) => void)[] = [
    (archive) => {
      archive.entry({ name: 'out', type: 'symlink', linkname: stage.folder })
      archive.entry({ name: 'out/planted' }, 'x')
    },
    (archive) => archive.entry({ name: `${'../'.repeat(12)}tmp/slipway-planted` }, 'x'),
    (archive) => archive.entry({ name: 'out/secret', type: 'link', linkname: secret }),
    (archive) => archive.entry({ name: 'out', type: 'symlink', linkname: stage.folder }),
  ]
  for (const attempt of attempts) {
    const answer = await buildArchive((archive) => {
      archive.entry({ name: 'Dockerfile' }, `FROM ${stage.busybox}\nCOPY out/secret /stolen\n`)
      attempt(archive)
    })
    expect(answer).not.toContain('Successfully built')
  }
  expect([join(stage.folder, 'planted'), '/tmp/slipway-planted'].filter((path) => existsSync(path))).toEqual([])

  const dockerfile = await buildArchive((archive) => archive.entry({ name: 'Dockerfile', type: 'symlink', linkname: secret }))
  expect(dockerfile).toContain('Cannot locate specified Dockerfile')
  const fromImage = await build({ Dockerfile: `FROM BASE AS a\nRUN ln -s ${secret} /l && ln -s ${stage.folder} /d\nFROM BASE\nCOPY --from=a /d/secret /stolen\n` })
  expect(fromImage.output).toContain('COPY failed: file not found')
})

test('mounts of a RUN stay inside, and taking them away deletes nothing outside', async () => {
  await mkdir(join(stage.folder, 'stub', 'dir'), { recursive: true })
  const { name, folder, ...cache } = await build({ Dockerfile: `FROM BASE
RUN --mount=type=cache,target=/../../made touch /made/x && ls / > /listing
RUN --mount=type=cache,id=../../../../..,target=/c ls -A /c > /cache-listing
RUN --mount=type=tmpfs,target=/stub/dir mv /stub /old; ln -s ${join(stage.folder, 'stub')} /stub; true
` })
  expect(cache.code).toBe(0)
  expect(existsSync(join(stage.folder, 'stub', 'dir'))).toBe(true)
  expect(await inside(name, 'cat /cache-listing; grep made /listing')).toBe('made')
  expect(existsSync('/made')).toBe(false)
  await symlink('/', join(folder, 'evil'))
  await writeFile(join(folder, 'Dockerfile'), `FROM ${stage.busybox}\nRUN --mount=type=bind,source=evil${secret},target=/m cat /m\n`)
  const bind = await stage.engine.docker('build', folder)
  expect([bind.code === 0, bind.output]).toEqual([false, expect.not.stringContaining('host-secret')])
})

test('nothing of the engine\'s environment, and no proxy, gets into a step or into the image', async () => {
  const { name, output } = await build({ Dockerfile: 'FROM BASE\nRUN env > /env; env\n' }, '--build-arg', 'HTTP_PROXY=http://user:host-secret@proxy')
  expect(output).toContain('HTTP_PROXY=')
  const kept = [await stage.engine.ok('history', '--no-trunc', name), await stage.engine.ok('inspect', name)].join()
  expect(kept).not.toContain('host-secret')
  expect(output).not.toContain('HOST_ONLY')
})

test('an image that looks like the result of a step is not taken for it', async () => {
  const step = 'echo good > /x'
  await stage.engine.ok('create', '--name', 'poison', stage.busybox, '/bin/sh', '-c', step)
  await writeFile(join(stage.folder, 'x'), 'evil')
  await stage.engine.ok('cp', join(stage.folder, 'x'), 'poison:/x')
  await stage.engine.ok('commit', 'poison', 'poisoned')
  expect(await stage.engine.ok('history', '--no-trunc', '--format', '{{.CreatedBy}}', 'poisoned')).toContain(`/bin/sh -c ${step}`)
  const honest = await build({ Dockerfile: `FROM BASE\nRUN ${step}\n` })
  expect(honest.stdout).not.toContain('Using cache')
  expect(await inside(honest.name, 'cat /x')).toBe('good')
})

test('ADD of a URL asks no metadata service, follows no redirect out of http, and takes no half a file', async () => {
  const answers: Record<string, RequestListener> = {
    '/metadata': (_request, response) => response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data' }).end(),
    '/file': (_request, response) => response.writeHead(302, { location: `file://${secret}` }).end(),
    '/round': (_request, response) => response.writeHead(302, { location: '/round' }).end(),
    '/half': (_request, response) => response.writeHead(200, { 'content-length': '1000' }).write('half', () => response.destroy()),
  }
  const said = await serving((request, response) => answers[request.url!]!(request, response), async (address) => {
    const found: string[] = []
    for (const path of Object.keys(answers)) {
      const { code, output } = await build({ Dockerfile: `FROM BASE\nADD ${address}${path} /x\n` })
      found.push(`${code === 0} ${output.trim().split('\n').at(-1)}`)
    }
    return found
  })
  expect(said).toEqual([expect.stringMatching(/^false .*a machine's own credentials/), expect.stringMatching(/^false unsupported URL file:/), expect.stringMatching(/^false .*more than 10 redirects/), expect.stringMatching(/^false failed to download/)])
})
