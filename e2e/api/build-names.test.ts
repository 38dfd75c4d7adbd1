import { execFileSync } from 'node:child_process'
import { mkdir, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { callRaw } from '../fixtures/raw-api.ts'
import { setStage, type Stage } from '../fixtures/stage.ts'

let stage: Stage
beforeAll(async () => void (stage = await setStage()))
afterAll(async () => stage?.[Symbol.asyncDispose]())

/** One character a byte. */
const NAMES = ['caf\xe9', 'caf\xe8', '\xff\xfe', 'd\xe9/\xfd', Buffer.from('né').toString('latin1')]
const bytes = (path: string) => Buffer.from(path, 'latin1')
const contentOf = (name: string) => bytes(name).toString('hex')
const listed = (folder: string, names: readonly string[]) => names.map((name) => `${contentOf(`${folder}/${name}`)} ${contentOf(name)}`).sort()

/** Paths in hex and what they hold. */
async function filesIn(image: string, folder: string): Promise<string[]> {
  const print = 'find "$0" -type f | while read -r file; do printf "%s " "$(printf %s "$file" | od -An -v -tx1 | tr -d " \\n")"; cat "$file"; echo; done'
  return (await stage.engine.ok('run', '--rm', image, 'sh', '-c', print, folder)).split('\n').sort()
}

/** Contents are the names in hex. */
async function writeNames(folder: string): Promise<void> {
  await mkdir(bytes(join(folder, 'd\xe9')), { recursive: true })
  for (const name of NAMES) await writeFile(bytes(join(folder, name)), contentOf(name))
}

test('names that are not UTF-8 are copied byte for byte, out of the context and out of images', async () => {
  const folder = join(stage.folder, 'context')
  await writeNames(join(folder, 'in'))
  execFileSync('tar', ['-C', join(folder, 'in'), '-cf', join(folder, 'in.tar'), '.'])
  await writeFile(bytes(join(folder, 'in/\xff.key')), 'left out')
  await writeFile(join(folder, '.dockerignore'), '**/*.key\n')
  const mounted = (options: string, to: string) => `RUN --mount=type=bind,source=in,target=/mounted${options} cp -r /mounted ${to}`
  await writeFile(join(folder, 'Dockerfile'), [`FROM ${stage.busybox} AS first`, 'COPY in /folder', 'ADD in /added', 'ADD in.tar /unpacked', 'COPY in/c* in/??? /wild/', `FROM ${stage.busybox}`, 'COPY --from=first /folder /folder', 'COPY --from=first /added /added', 'COPY --from=first /unpacked /unpacked', 'COPY --from=first /wild /wild', 'COPY --from=first /folder/c* /folder/n? /again/', mounted('', '/bound'), mounted(',rw', '/writable'), ''].join('\n'))
  await stage.engine.ok('build', '-t', 'names:1', folder)
  for (const place of ['/folder', '/added', '/unpacked', '/bound', '/writable']) expect(await filesIn('names:1', place)).toEqual(listed(place, NAMES))
  expect(await filesIn('names:1', '/wild')).toEqual(listed('/wild', ['caf\xe9', 'caf\xe8']))
  expect(await filesIn('names:1', '/again')).toEqual(listed('/again', ['caf\xe9', 'caf\xe8', NAMES[4]!]))
})

test('another name that is not UTF-8, or other content below one, is no step that was made before', async () => {
  let counter = 0
  const build = async (files: Record<string, string>) => {
    const folder = join(stage.folder, `changing-${counter++}`)
    await mkdir(folder)
    for (const [name, content] of Object.entries(files)) await writeFile(bytes(join(folder, name)), content)
    await writeFile(join(folder, 'Dockerfile'), `FROM ${stage.busybox}\nCOPY . /in\n`)
    await stage.engine.ok('build', '-t', 'changing:1', folder)
    return (await filesIn('changing:1', '/in')).filter((line) => !line.startsWith(contentOf('/in/Dockerfile')) && line.startsWith(contentOf('/in')))
  }
  const first = await build({ '\xff': 'one', '\xfe': 'two' })
  expect(first).toEqual([`${contentOf('/in/\xfe')} two`, `${contentOf('/in/\xff')} one`])
  expect(await build({ '\xff': 'two', '\xfe': 'one' })).toEqual([`${contentOf('/in/\xfe')} one`, `${contentOf('/in/\xff')} two`])
  expect(await build({ '\xfd': 'two', '\xfe': 'one' })).toEqual([`${contentOf('/in/\xfd')} two`, `${contentOf('/in/\xfe')} one`])
})

test('a folder that is there keeps its mode, whatever the bytes of its name', async () => {
  const folder = join(stage.folder, 'kept')
  await writeNames(join(folder, 'in'))
  await writeFile(join(folder, 'Dockerfile'), `FROM ${stage.busybox}\nCOPY in /in\nRUN chmod 711 /in/d* && for each in /in/d*; do touch $each/other; done\nCOPY in /in\n`)
  await stage.engine.ok('build', '-t', 'kept:1', folder)
  expect(await stage.engine.ok('run', '--rm', 'kept:1', 'sh', '-c', 'stat -c %a /in/d*; ls /in/d* | wc -l')).toBe('711\n2')
})

test('a folder that the engine reads itself brings them as well, and what changed of them', async () => {
  const folder = join(stage.folder, 'seen')
  await writeNames(join(folder, 'in'))
  await writeFile(join(folder, 'Dockerfile'), `FROM ${stage.busybox}\nCOPY in /in\n`)
  const { dev, ino } = await stat(folder, { bigint: true })
  const build = () => callRaw(stage.engine.socket, 'POST', `/slipway/build?folder=${encodeURIComponent(folder)}&device=${dev}&inode=${ino}&t=seen:1`, '')
  expect((await build()).text).toContain('Successfully tagged seen:1')
  expect(await filesIn('seen:1', '/in')).toEqual(listed('/in', NAMES))
  await rename(bytes(join(folder, 'in/caf\xe9')), bytes(join(folder, 'in/caf\xea')))
  await writeFile(bytes(join(folder, 'in/\xff\xfe')), 'changed')
  await build()
  const unchanged = listed('/in', NAMES.filter((name) => name !== 'caf\xe9' && name !== '\xff\xfe'))
  expect(await filesIn('seen:1', '/in')).toEqual([...unchanged, `${contentOf('/in/caf\xea')} ${contentOf('caf\xe9')}`, `${contentOf('/in/\xff\xfe')} changed`].sort())
})
