import { mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run } from '../fixtures/engine.ts'
import { setStage, type Stage } from '../fixtures/stage.ts'

const { code } = await run('docker', ['buildx', 'version'])

/** Needs docker's buildx plugin; `npm run setup` does not bring it. */
describe.skipIf(code !== 0)('docker buildx, as it is', () => {
  let stage: Stage
  let context: string
  beforeAll(async () => {
    stage = await setStage()
    context = join(stage.folder, 'context')
    await mkdir(join(context, 'sub'), { recursive: true })
    await writeFile(join(context, 'hello.txt'), 'hello\n')
    await writeFile(join(context, 'secret.txt'), 'not for images\n')
    await writeFile(join(context, 'sub/script'), '#!/bin/sh\necho ran\n', { mode: 0o755 })
    await writeFile(join(context, '.dockerignore'), 'secret*\n')
    await dockerfile('Dockerfile', `FROM ${stage.busybox} AS first\nARG WHO=nobody\nRUN echo "hi $WHO" > /hi\nFROM ${stage.busybox}\nCOPY . /all\nCOPY --from=first /hi /hi\nRUN /all/sub/script\n`)
  })
  afterAll(() => stage?.[Symbol.asyncDispose]())

  const dockerfile = (name: string, text: string) => writeFile(join(context, name), text)
  const docker = (args: string[], input?: string) => run('docker', args, { env: { DOCKER_HOST: `unix://${stage.engine.socket}`, DOCKER_BUILDKIT: '1' }, ...(input !== undefined && { input }) })
  const build = (...args: string[]) => docker(['buildx', 'build', '--progress', 'plain', ...args])
  const cat = (image: string, ...paths: string[]) => stage.engine.ok('run', '--rm', image, 'cat', ...paths)

  test('a context, its stages and its names', async () => {
    const built = await build('-t', 'one', '-t', 'other:2', '--build-arg', 'WHO=you', '--label', 'a=b', '--iidfile', join(stage.folder, 'iid'), '--metadata-file', join(stage.folder, 'metadata'), context)
    expect(built).toMatchObject({ code: 0 })
    for (const name of ['[internal] load build definition from Dockerfile', '[first 2/2] RUN echo "hi $WHO" > /hi', '[stage-1 2/4] COPY . /all', 'naming to docker.io/library/other:2 done']) expect(built.output).toContain(name)
    expect(await cat('one', '/hi', '/all/hello.txt')).toBe('hi you\nhello')
    expect(await stage.engine.ok('run', '--rm', 'one', 'ls', '/all')).not.toContain('secret')
    const id = await stage.engine.ok('inspect', '-f', '{{.Id}}', 'other:2')
    expect(await readFile(join(stage.folder, 'iid'), 'utf8')).toBe(id)
    expect(JSON.parse(await readFile(join(stage.folder, 'metadata'), 'utf8'))).toMatchObject({ 'containerimage.config.digest': id, 'image.name': 'docker.io/library/one:latest,docker.io/library/other:2' })
    expect(await stage.engine.ok('inspect', '-f', '{{.Config.Labels.a}}', 'one')).toBe('b')
  })

  test('--allow grants a RUN what it asks for', async () => {
    const folder = join(stage.folder, 'asking')
    await mkdir(folder)
    await writeFile(join(folder, 'Dockerfile'), `FROM ${stage.busybox}\nRUN --security=insecure --network=host grep CapEff /proc/self/status; ip link show lo\n`)
    const ask = (...options: string[]) => build(...options, folder)
    expect((await ask('--allow', 'network.host')).output).toContain('security.insecure is not allowed')
    expect((await ask('--allow', 'security.insecure')).output).toContain('network.host is not allowed')
    expect(await ask('--allow', 'network.host', '--allow', 'security.insecure')).toMatchObject({ code: 0, output: expect.stringMatching(/CapEff:\s+0*1[0-9a-f]{10}/) })
  })

  test('again: from the cache, unless a stage is told otherwise', async () => {
    const again = await build('--build-arg', 'WHO=you', context)
    expect(again.output.match(/ CACHED/g)).toHaveLength(4)
    expect((await build('--build-arg', 'WHO=you', '--no-cache-filter', 'first', context)).output).toMatch(/#(\d+) \[first 2\/2\] RUN[^\n]*\n#\1 DONE/)
  })

  test('of a folder that was built before only what has changed is sent, and the image has what is there now', async () => {
    const folder = join(stage.folder, 'again')
    await mkdir(join(folder, 'left'), { recursive: true })
    for (const name of ['one', 'two', 'left/behind']) await writeFile(join(folder, name), 'x'.repeat(100_000))
    await writeFile(join(folder, 'Dockerfile'), `FROM ${stage.busybox}\nCOPY . /all\n`)
    const first = await build('-t', 'again', folder)
    expect(first.output).toMatch(/load build context[^]*transferring context: 300\.\d+kB/)
    expect((await build('-t', 'again', folder)).output).toContain('transferring context: done')
    await writeFile(join(folder, 'two'), 'y')
    await rm(join(folder, 'left'), { recursive: true })
    const second = await build('-t', 'again', folder)
    expect(second.output).toMatch(/load build context[^]*transferring context: \d+B/)
    expect(await stage.engine.ok('run', '--rm', 'again', 'sh', '-c', 'ls /all; cat /all/two; wc -c < /all/one')).toBe('Dockerfile\none\ntwo\ny100000')
    expect((await docker(['buildx', 'du', '--verbose'])).stdout).toMatch(/Type:\s+source\.local/)
    expect((await docker(['builder', 'prune', '-f', '--filter', 'type=source.local'])).stdout).toMatch(/100\.?\d*kB/)
    expect((await build('-t', 'again', folder)).output).toMatch(/transferring context: 100\.\d+kB/)
  })

  test('what a Dockerfile does not name is not sent', async () => {
    const folder = join(stage.folder, 'named')
    await mkdir(join(folder, 'app/deep'), { recursive: true })
    for (const name of ['huge', 'a.json', 'b.json', 'app/deep/file', 'real']) await writeFile(join(folder, name), name === 'huge' ? 'x'.repeat(5_000_000) : name)
    await symlink('real', join(folder, 'link'))
    await writeFile(join(folder, 'Dockerfile'), `FROM ${stage.busybox}\nCOPY *.json link /x/\nCOPY app /y\n`)
    const first = await build('-t', 'named', folder)
    expect(first.output).not.toMatch(/transferring context: [\d.]+MB/)
    expect(await stage.engine.ok('run', '--rm', 'named', 'sh', '-c', 'cat /x/* /y/deep/file')).toBe('a.jsonb.jsonrealapp/deep/file')
    await writeFile(join(folder, 'Dockerfile'), `FROM ${stage.busybox}\nRUN : nothing\n`)
    expect((await build(folder)).output).not.toContain('transferring context: 5')
    await writeFile(join(folder, 'Dockerfile'), `FROM ${stage.busybox}\nCOPY . /all\n`)
    await build('-t', 'named', folder)
    expect(await stage.engine.ok('run', '--rm', 'named', 'sh', '-c', 'wc -c < /all/huge')).toBe('5000000')
  })

  test('a failing step: its output, its lines, its exit code', async () => {
    await dockerfile('fails', `FROM ${stage.busybox}\nRUN echo before >&2 && \\\n  exit 7\n`)
    const failed = await build('-f', join(context, 'fails'), context)
    expect(failed.code).toBe(1)
    for (const words of ['before', 'fails:2', '>>> RUN echo before >&2 && \\', 'did not complete successfully: exit code: 7']) expect(failed.output).toContain(words)
  })

  test('a mistake in the Dockerfile, a file and a target that are not there', async () => {
    await dockerfile('typo', `FROM ${stage.busybox}\nRAN x\n`)
    expect((await build('-f', join(context, 'typo'), context)).output).toMatch(/typo:2[^]*unknown instruction: RAN/)
    await dockerfile('missing', `FROM ${stage.busybox}\nCOPY nothing /\n`)
    expect((await build('-f', join(context, 'missing'), context)).output).toMatch(/missing:2[^]*nothing/)
    expect((await build('--target', 'none', context)).output).toContain('target stage "none" could not be found')
  })

  test('a Dockerfile from standard input, by docker build and quietly', async () => {
    const built = await docker(['build', '-q', '-'], `FROM ${stage.busybox}\nRUN echo given > /given\n`)
    expect(built.code).toBe(0)
    expect(await cat(built.stdout.trim(), '/given')).toBe('given')
  })

  test('an archive from standard input', async () => {
    const { code, stdout } = await run('sh', ['-c', `tar -C ${context} -c . | docker build -q -`], { env: { DOCKER_HOST: `unix://${stage.engine.socket}`, DOCKER_BUILDKIT: '1' } })
    expect(code).toBe(0)
    expect(await cat(stdout.trim(), '/hi')).toBe('hi nobody')
  })

  test('secrets and an agent are there for the step, and not in the image', async () => {
    await dockerfile('mounts', `FROM ${stage.busybox}\nRUN --mount=type=secret,id=key --mount=type=secret,id=key,env=KEY [ "$(cat /run/secrets/key)" = opens ] && [ "$KEY" = opens ]\nRUN --mount=type=secret,id=other [ ! -e /run/secrets/other ]\nRUN --mount=type=ssh [ -S "$SSH_AUTH_SOCK" ] && echo forwarded > /answer\n`)
    await writeFile(join(stage.folder, 'key'), 'opens')
    // busybox has no client for sockets of this kind; what goes over one is tried in session/client.test.ts.
    const agent = createServer()
    await new Promise<void>((resolve) => agent.listen(join(stage.folder, 'agent'), resolve))
    try {
      expect(await build('-t', 'mounted', '-f', join(context, 'mounts'), '--secret', `id=key,src=${join(stage.folder, 'key')}`, '--ssh', `default=${join(stage.folder, 'agent')}`, context)).toMatchObject({ code: 0 })
    } finally {
      agent.close()
    }
    expect(await cat('mounted', '/answer')).toBe('forwarded')
    expect(await stage.engine.ok('run', '--rm', 'mounted', 'sh', '-c', 'ls /run 2>/dev/null; true')).toBe('')
    await dockerfile('required', `FROM ${stage.busybox}\nRUN --mount=type=secret,id=none,required=true true\n`)
    expect((await build('-f', join(context, 'required'), context)).output).toContain('secret none is required and was not given')
  })

  test('the files of the result: in a folder, as an archive, several ways at once', async () => {
    await dockerfile('files', `FROM ${stage.busybox} AS made\nRUN mkdir -p /out/deep && echo one > /out/deep/file && chmod 750 /out/deep/file && ln -s deep/file /out/link\nFROM scratch\nCOPY --from=made /out /\n`)
    const file = join(context, 'files')
    const [folder, archive] = [join(stage.folder, 'exported'), join(stage.folder, 'exported.tar')]
    expect(await build('-f', file, '-o', folder, context)).toMatchObject({ code: 0 })
    expect(await readFile(join(folder, 'link'), 'utf8')).toBe('one\n')
    expect((await stat(join(folder, 'deep/file'))).mode & 0o777).toBe(0o750)
    expect(await build('-f', file, '-o', `type=tar,dest=${archive}`, context)).toMatchObject({ code: 0 })
    expect((await run('tar', ['-tf', archive])).stdout.split('\n').map((name) => name.replace(/^\.\/|\/$/g, '')).filter(Boolean).sort()).toEqual(['deep', 'deep/file', 'link'])
    const several = await build('-f', file, '-t', 'several', '-o', `${folder}2`, '-o', 'type=image', context)
    if (several.output.includes('multiple outputs currently unsupported')) return
    expect(several).toMatchObject({ code: 0 })
    expect(await readFile(join(`${folder}2`, 'deep/file'), 'utf8')).toBe('one\n')
    await stage.engine.ok('image', 'inspect', 'several')
  })

  test('the image as an archive that can be loaded; it is named there and not here', async () => {
    for (const type of ['oci', 'docker']) {
      const archive = join(stage.folder, `${type}.tar`)
      expect(await build('-t', `kept:${type}`, '-o', `type=${type},dest=${archive}`, context)).toMatchObject({ code: 0 })
      expect((await stage.engine.docker('image', 'inspect', `kept:${type}`)).code).toBe(1)
      expect(await stage.engine.ok('load', '-i', archive)).toContain(`kept:${type}`)
      expect(await cat(`kept:${type}`, '/hi')).toBe('hi nobody')
    }
  })

  test('--push', async () => {
    const name = `${stage.registry.host}/pushed:by-buildx`
    expect(await build('-t', name, '--push', context)).toMatchObject({ code: 0 })
    await stage.engine.ok('rmi', name)
    await stage.engine.ok('pull', '-q', name)
    expect(await cat(name, '/hi')).toBe('hi nobody')
  })

  test('named contexts: a folder, an image, in place of a stage', async () => {
    const other = join(stage.folder, 'other')
    await mkdir(other, { recursive: true })
    await writeFile(join(other, 'given'), 'from the other folder\n')
    await writeFile(join(other, 'hidden'), 'x')
    await writeFile(join(other, '.dockerignore'), 'hidden\n')
    await dockerfile('named', `FROM base\nCOPY --from=other . /other\nRUN --mount=from=other,target=/m cp /m/given /mounted\nCOPY --from=made /given /made\n`)
    const built = await build('-t', 'named', '-f', join(context, 'named'), '--build-context', `other=${other}`, '--build-context', `base=docker-image://${stage.busybox}`, '--build-context', `made=${other}`, context)
    expect(built).toMatchObject({ code: 0 })
    expect(await cat('named', '/other/given', '/mounted', '/made')).toBe('from the other folder\nfrom the other folder\nfrom the other folder')
    expect(await stage.engine.ok('run', '--rm', 'named', 'ls', '/other')).toBe('given')
    // The folder is no image of anybody's.
    const before = await stage.engine.ok('image', 'ls', '-q', '--filter', 'dangling=true')
    await writeFile(join(other, 'given'), 'changed\n')
    await build('-t', 'named', '-f', join(context, 'named'), '--build-context', `other=${other}`, '--build-context', `base=docker-image://${stage.busybox}`, '--build-context', `made=${other}`, context)
    expect(await cat('named', '/mounted')).toBe('changed')
    expect((await stage.engine.ok('image', 'ls', '-q', '--filter', 'dangling=true')).split('\n').length).toBeLessThanOrEqual(before.split('\n').length + 1)
  })

  test('a target of a bake builds on another', async () => {
    await writeFile(join(stage.folder, 'linked.json'), JSON.stringify({ target: { base: { context, args: { WHO: 'base' } }, app: { context, 'dockerfile-inline': 'FROM below\nRUN cat /hi > /below\n', contexts: { below: 'target:base' }, tags: ['linked'] } } }))
    expect(await docker(['buildx', 'bake', '--progress', 'plain', '-f', join(stage.folder, 'linked.json'), 'app'])).toMatchObject({ code: 0 })
    expect(await cat('linked', '/below')).toBe('hi base')
  })

  test('several platforms at once are refused', async () => {
    expect(await build('--platform', 'linux/amd64,linux/arm64', context)).toMatchObject({ code: 1 })
  })

  test('several targets at once with bake', async () => {
    await writeFile(join(stage.folder, 'bake.json'), JSON.stringify({ group: { default: { targets: ['x', 'y'] } }, target: { x: { context, args: { WHO: 'x' }, tags: ['baked:x'] }, y: { context, args: { WHO: 'y' }, tags: ['baked:y'] } } }))
    expect(await docker(['buildx', 'bake', '--progress', 'plain', '-f', join(stage.folder, 'bake.json')])).toMatchObject({ code: 0 })
    expect([await cat('baked:x', '/hi'), await cat('baked:y', '/hi')]).toEqual(['hi x', 'hi y'])
  })

  test('docker compose build', async () => {
    await writeFile(join(stage.folder, 'compose.yaml'), JSON.stringify({ name: 'buildkit', services: { web: { image: 'composed', build: { context, args: { WHO: 'compose' } } } } }))
    const result = await docker(['compose', '--project-directory', stage.folder, 'build'])
    if (result.output.includes('is not a docker command')) return
    expect(result).toMatchObject({ code: 0 })
    expect(await cat('composed', '/hi')).toBe('hi compose')
  })

  test('the cache is listed and pruned', async () => {
    expect(await docker(['buildx', 'du'])).toMatchObject({ code: 0, stdout: expect.stringContaining('Total:') as string })
    expect(await docker(['buildx', 'prune', '-af'])).toMatchObject({ code: 0, stdout: expect.stringContaining('Total:') as string })
  })
})
