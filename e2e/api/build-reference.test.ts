import { createServer } from 'node:http'
import { once } from 'node:events'
import { mkdir, symlink, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { readFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { text } from 'node:stream/consumers'
import Docker from 'dockerode'
import { pack } from 'tar-stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { setStage, type Stage } from '../fixtures/stage.ts'

let stage: Stage
let counter = 0
beforeAll(async () => {
  stage = await setStage()
})
afterAll(async () => stage?.[Symbol.asyncDispose]())

/** Builds the files in a fresh context; returns what the client printed and the image's name. */
async function build(files: Record<string, string>, ...options: string[]) {
  const folder = join(stage.folder, `context-${counter++}`)
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text.replaceAll('BASE', stage.busybox))
  }
  const name = `reference:${counter}`
  const result = await stage.engine.docker('build', '-t', name, ...options, folder)
  return { ...result, name, folder }
}
const built = async (files: Record<string, string>, ...options: string[]) => {
  const result = await build(files, ...options)
  if (result.code !== 0) throw new Error(result.output)
  return result
}
const inside = (image: string, command: string) => stage.engine.ok('run', '--rm', '--entrypoint', '/bin/sh', image, '-c', command)

test('here-documents: scripts for the shell, for a program, and as files', async () => {
  const dockerfile = `FROM BASE
ARG WHO=you
RUN <<EOF
echo "one $WHO" > /one
echo two > /two
EOF
RUN <<EOF
#!/bin/sh
echo script > /three
EOF
RUN cat <<'RAW' > /four
$WHO
RAW
COPY <<plain.txt <<"literal.txt" /d/
hello $WHO "quoted"
plain.txt
hello $WHO
literal.txt
`
  const { name } = await built({ Dockerfile: dockerfile })
  expect(await inside(name, 'cat /one /two /three /four /d/plain.txt /d/literal.txt; ls /tmp')).toBe('one you\ntwo\nscript\n$WHO\nhello you "quoted"\nhello $WHO')
})

test('mounts of a RUN: a cache stays from build to build, nothing of a mount gets into the image', async () => {
  const dockerfile = (line: string) => `FROM BASE AS src\nRUN echo from-stage > /file\nFROM BASE\nRUN --mount=type=cache,target=/cache --mount=type=tmpfs,target=/scratch --mount=type=bind,source=data,target=/bound --mount=from=src,target=/stage ${line}\n`
  const files = { 'data/x': 'bound\n' }
  await built({ ...files, Dockerfile: dockerfile('echo kept > /cache/f && touch /scratch/t && cat /bound/x /stage/file > /out') })
  const { name } = await built({ ...files, Dockerfile: dockerfile('cat /cache/f /bound/x /stage/file > /out; ls /scratch >> /out') })
  expect(await inside(name, 'cat /out; ls -d /cache /scratch /bound /stage 2>&1 | grep -c "No such"')).toBe('kept\nbound\nfrom-stage\n4')
})

test('COPY: modes, owners, excluded files, kept parents, wildcards, an image as source', async () => {
  const dockerfile = `FROM BASE
COPY --chmod=u=rwX,go= --chown=12:34 a/one /m/
COPY --chown=nobody a/one /n/
COPY --parents a/deep/two /p/
COPY --exclude=*.md a /e/
COPY a/*.md /w/
COPY --from=${'BASE'} /etc/passwd /image-passwd
WORKDIR /made/here
COPY a/one .
`
  const { name } = await built({ Dockerfile: dockerfile, 'a/one': '1', 'a/deep/two': '2', 'a/x.md': 'x', 'a/y.md': 'y' })
  expect(await inside(name, 'stat -c "%a %u %g" /m/one; stat -c "%u" /n/one; cat /p/a/deep/two; echo; ls /e; ls /w; head -c 4 /image-passwd; pwd; ls')).toBe('600 12 34\n65534\n2\ndeep\none\nx.md\ny.md\nroot/made/here\none')
})

test('scratch, and an image without passwd, shell variables or parents of its files', async () => {
  const { name } = await built({ Dockerfile: 'FROM BASE AS tools\nFROM scratch\nCOPY --from=tools /bin/busybox /bin/busybox\nRUN ["/bin/busybox", "mkdir", "/made"]\nENTRYPOINT ["/bin/busybox"]\n' })
  expect(await stage.engine.ok('run', '--rm', name, 'ls', '/')).toContain('made')
})

test('ARG: scope, override, before FROM, and a warning for one that nobody takes', async () => {
  const dockerfile = 'ARG A=global\nFROM BASE AS one\nRUN echo "[$A]" > /a\nFROM one\nARG A\nARG B=${A}-b\nENV B=env\nRUN echo "[$A][$B]" > /b\n'
  const { name, output } = await built({ Dockerfile: dockerfile }, '--build-arg', 'A=given', '--build-arg', 'NOBODY=1')
  expect(await inside(name, 'cat /a /b')).toBe('[]\n[given][env]')
  expect(output).toContain('[NOBODY] were not consumed')
})

test('a proxy is told in the history only where an ARG names it', async () => {
  const proxy = ['--build-arg', 'http_proxy=http://proxy.example:1']
  const history = async (dockerfile: string) => stage.engine.ok('history', '--no-trunc', (await built({ Dockerfile: dockerfile }, ...proxy)).name)
  expect(await history('FROM BASE\nRUN [ $http_proxy = http://proxy.example:1 ]\n')).not.toContain('|1 http_proxy')
  expect(await history('FROM BASE\nARG http_proxy\nRUN true\n')).toContain('http_proxy=http://proxy.example:1')
})

test('ONBUILD runs in the image that is built on it, once', async () => {
  const first = await built({ Dockerfile: 'FROM BASE\nONBUILD RUN echo triggered > /t\n' })
  const second = await built({ Dockerfile: `FROM ${first.name}\n` })
  expect(second.output).toContain('Executing 1 build trigger')
  expect(await inside(second.name, 'cat /t')).toBe('triggered')
  expect(await stage.engine.ok('inspect', '-f', '{{json .Config.OnBuild}}', second.name)).toMatch(/null|\[\]/)
})

test('ONBUILD runs in every stage that is built on its stage', async () => {
  const { name, output } = await built({ Dockerfile: 'FROM BASE AS one\nONBUILD RUN echo triggered >> /t\nFROM one AS two\nRUN cat /t\nFROM one\nCOPY --from=two /t /two\n' })
  expect(output).toContain('Executing 1 build trigger')
  expect(await inside(name, 'cat /t /two')).toBe('triggered\ntriggered')
})

test('COPY of a context of which everything is ignored copies nothing', async () => {
  const { name } = await built({ Dockerfile: 'FROM BASE\nRUN mkdir /to\nCOPY . /to/\n', '.dockerignore': '*\n', file: 'x' })
  expect(await inside(name, 'ls -A /to')).toBe('')
})

test('a build in the network of a container', async () => {
  const container = `shared-${Date.now()}`
  await stage.engine.ok('run', '-d', '--name', container, stage.busybox, 'sleep', '600')
  try {
    const address = await stage.engine.ok('exec', container, 'hostname', '-i')
    const { name } = await built({ Dockerfile: 'FROM BASE\nRUN ip -4 -o addr show eth0 > /address\n' }, '--network', `container:${container}`)
    expect(await inside(name, 'cat /address')).toContain(` ${address.trim()}/`)
    await stage.engine.ok('exec', container, 'ip', 'link', 'show', 'eth0')
  } finally {
    await stage.engine.ok('rm', '-f', container)
  }
  expect((await build({ Dockerfile: 'FROM BASE\nRUN true\n' }, '--network', `container:${container}`)).output).toContain('cannot join network of a non running container')
})

test('hard links, devices and FIFOs of an archive that is added are what they were, and hard links that are copied', async () => {
  const folder = join(stage.folder, `context-${counter++}`)
  await mkdir(folder)
  const archive = pack()
  archive.entry({ name: 'one', mode: 0o644 }, 'content')
  archive.entry({ name: 'd/two', type: 'link', linkname: 'one' })
  archive.entry({ name: 'null', type: 'character-device', devmajor: 1, devminor: 3, mode: 0o666 })
  archive.entry({ name: 'fifo', type: 'fifo', mode: 0o600 })
  archive.finalize()
  await writeFile(join(folder, 'root.tar'), archive as AsyncIterable<Buffer>)
  await writeFile(join(folder, 'Dockerfile'), `FROM ${stage.busybox} AS added\nADD root.tar /x/\nFROM ${stage.busybox}\nCOPY --from=added /x /y\n`)
  for (const [target, place] of [['added', 'x'], ['', 'y']] as const) {
    const name = `links:${target || 'copied'}`
    await stage.engine.ok('build', '-t', name, ...(target ? ['--target', target] : []), folder)
    expect(await inside(name, `cd /${place}; [ one -ef d/two ] && stat -c %h one; stat -c '%F %t:%T' null fifo`)).toBe('2\ncharacter special file 1:3\nfifo 0:0')
  }
})

test('an archive that is added and holds what images reserve for deletions is refused', async () => {
  const folder = join(stage.folder, `context-${counter++}`)
  await mkdir(folder)
  const archive = pack()
  archive.entry({ name: 'bin/.wh.sh' }, '')
  archive.finalize()
  await writeFile(join(folder, 'root.tar'), archive as AsyncIterable<Buffer>)
  await writeFile(join(folder, 'Dockerfile'), `FROM ${stage.busybox}\nADD root.tar /\n`)
  const { code, output } = await stage.engine.docker('build', folder)
  expect([code, output]).toEqual([1, expect.stringContaining('bin/.wh.sh')])
})

test('ADD of a URL, with its checksum', async () => {
  const server = createServer((_request, response) => response.end('fetched')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}/file.txt`
  const digest = createHash('sha256').update('fetched').digest('hex')
  try {
    const { name } = await built({ Dockerfile: `FROM BASE\nADD --checksum=sha256:${digest} ${url} /got/\n` })
    expect(await inside(name, 'cat /got/file.txt; stat -c %a /got/file.txt')).toBe('fetched600')
    expect((await build({ Dockerfile: `FROM BASE\nADD --checksum=sha256:${'0'.repeat(64)} ${url} /got/\n` })).output).toContain('digest mismatch')
  } finally {
    server.close()
  }
})

test('the cache goes by content, not by time', async () => {
  const files = { Dockerfile: 'FROM BASE\nCOPY f /f\nRUN date +%N > /when\n', f: 'same' }
  const { name, folder } = await built(files)
  await utimes(join(folder, 'f'), 1, 1)
  const again = await stage.engine.ok('build', '-t', `${name}b`, folder)
  expect(again.match(/Using cache/g)).toHaveLength(2)
  await writeFile(join(folder, 'f'), 'different')
  expect(await stage.engine.ok('build', '-t', `${name}c`, folder)).not.toContain('Using cache')
  expect(await stage.engine.ok('build', '--no-cache', '-t', `${name}d`, folder)).not.toContain('Using cache')
})

test('a RUN with another network, other hosts or other mounts is another step', async () => {
  const { folder } = await built({ Dockerfile: 'FROM BASE\nRUN ip -o link | wc -l; cat /etc/hosts; ls -d /c || true\n' })
  const text = readFileSync(join(folder, 'Dockerfile'), 'utf8')
  const again = (...options: string[]) => stage.engine.ok('build', ...options, folder)
  expect(await again()).toContain('Using cache')
  for (const options of [['--network', 'none'], ['--add-host', 'extra:192.0.2.9']]) expect([await again(...options), await again(...options)].map((output) => output.includes('Using cache'))).toEqual([false, true])
  for (const flag of ['--network=none', '--mount=type=tmpfs,target=/c', '--mount=type=cache,target=/c', '--mount=type=cache,id=other,target=/c']) {
    await writeFile(join(folder, 'Dockerfile'), text.replace('RUN', `RUN ${flag}`))
    expect((await again()).includes('Using cache'), flag).toBe(flag === '--network=none')
  }
})

test('targets, labels, hosts, no network', async () => {
  const dockerfile = 'FROM BASE AS first\nRUN echo 1 > /first\nFROM first AS second\nRUN grep extra /etc/hosts > /hosts\nRUN ip -o link | wc -l > /links\n'
  const { name } = await built({ Dockerfile: dockerfile }, '--label', 'a=b', '--add-host', 'extra:192.0.2.9', '--network', 'none')
  expect(await inside(name, 'cat /hosts /links')).toMatch(/192\.0\.2\.9\s+extra\n1/)
  expect(await stage.engine.ok('inspect', '-f', '{{.Config.Labels.a}}', name)).toBe('b')
  const first = await built({ Dockerfile: dockerfile }, '--target', 'first')
  expect(await inside(first.name, 'ls /')).not.toContain('links')
  expect((await build({ Dockerfile: dockerfile }, '--target', 'nope')).output).toContain('target stage "nope" could not be found')
})

test('squash makes one layer of what was added; the client offers it only to experimental engines, so it is asked for by the API', async () => {
  const docker = new Docker({ socketPath: stage.engine.socket })
  const squashed = async (dockerfile: string) => {
    const archive = pack()
    archive.entry({ name: 'Dockerfile' }, dockerfile)
    archive.finalize()
    await text(await docker.buildImage(archive as unknown as NodeJS.ReadableStream, { t: 'squashed', squash: true }))
  }
  const layers = async (image: string) => JSON.parse(await stage.engine.ok('inspect', '-f', '{{json .RootFS.Layers}}', image)) as string[]
  await squashed(`FROM ${stage.busybox}\nRUN echo 1 > /one && rm /etc/group\nRUN echo 2 > /two && rm /one\nRUN echo 3 >> /etc/passwd\n`)
  const base = await layers(stage.busybox)
  expect((await layers('squashed')).slice(0, -1)).toEqual(base)
  expect(await inside('squashed', 'cat /two; tail -n 1 /etc/passwd; ls /one /etc/group 2>&1 | grep -c "No such"')).toBe('2\n3\n2')
  const history = (await stage.engine.ok('history', '--no-trunc', '--format', '{{.Size}} {{.Comment}}', 'squashed')).split('\n')
  expect(history[0]).toMatch(/^\d+B merge sha256:\w{64} to sha256:\w{64}$/)
  expect(history.slice(1, 4)).toEqual(['0B ', '0B ', '0B '])
  await squashed('FROM scratch\nCOPY Dockerfile /a\nCOPY Dockerfile /b\n')
  expect(await layers('squashed')).toHaveLength(1)
})

test('a link in the context leads nowhere outside it', async () => {
  const { folder } = await built({ Dockerfile: 'FROM BASE\n', keep: '' })
  await symlink('/etc/shadow', join(folder, 'evil'))
  await writeFile(join(folder, 'Dockerfile'), `FROM ${stage.busybox}\nCOPY evil /stolen\n`)
  const result = await stage.engine.docker('build', '-t', 'evil', folder)
  expect(result.code).not.toBe(0)
  expect(result.output).toContain('file not found in build context')
})

test('a failing step shows its line and leaves nothing mounted', async () => {
  const failed = await build({ Dockerfile: 'FROM BASE\nRUN echo before\nRUN echo boom && exit 7\n' })
  expect(failed.code).toBe(7)
  expect(failed.output).toContain('>>> RUN echo boom && exit 7')
  expect(failed.output).toContain("The command '/bin/sh -c echo boom && exit 7' returned a non-zero code: 7")
  expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(`${stage.engine.dataRoot}/tmp`)
  const missing = await build({ Dockerfile: 'FROM BASE\nCOPY nothing-here /\n' })
  expect(missing.output).toContain('COPY failed: file not found in build context or excluded by .dockerignore: stat nothing-here: file does not exist')
  expect((await build({ Dockerfile: 'FROM BASE\nCOPY --from=0 /etc /e\n' })).output).toContain('invalid from flag value 0: refers to current build stage')
})

test('a Dockerfile by another name', async () => {
  const { folder } = await built({ Dockerfile: 'FROM BASE\n', 'sub/Other.Dockerfile': 'FROM BASE\nRUN echo other > /o\n' })
  expect(await stage.engine.ok('build', '-t', 'other', '-f', join(folder, 'sub/Other.Dockerfile'), folder)).toContain('Successfully tagged other:latest')
  expect(await inside('other', 'cat /o')).toBe('other')
})
