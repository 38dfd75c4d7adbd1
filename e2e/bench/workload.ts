import { execFile, execFileSync } from 'node:child_process'
import { createReadStream, createWriteStream } from 'node:fs'
import { cp, mkdir, open, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { createGzip, gzipSync } from 'node:zlib'
import { writeDockerArchive } from '../fixtures/docker-archive.ts'
import { buildLayer, busyboxLayer, webLayer, writeLayout, type BuiltLayer } from '../fixtures/images.ts'
import type { TestRegistry } from '../fixtures/registry.ts'
import type { Subject } from './subject.ts'

const run = promisify(execFile)

/** The images all engines are given. Each is made once, pushed once, and pulled into an engine when a scenario first asks. */
export interface Workload {
  /** Debian's busybox. @returns its name. */
  busybox(subject: Subject): Promise<string>
  /** busybox with the machine's iperf3. */
  iperf(subject: Subject): Promise<string>
  /** Eight layers of the machine's own programs and libraries, 305 MB (60 in a quick run): what real images hold, and compresses like it. */
  big: { name: Promise<string>; into(subject: Subject): Promise<string> }
  /** The same eight layers and one more. */
  sibling: Promise<string>
  /** The large image with layers that nobody has had: an engine may keep those of an image that it has removed. The same for the same word. */
  fresh: {
    /** In the registry. @returns its name. */
    pushed(word: string): Promise<string>
    /** As `docker save` writes it. @returns the name it is loaded under. */
    saved(word: string, path: string): Promise<string>
  }
  /** A file of `MiB` that compresses badly. */
  file(mebibytes: number): Promise<string>
}

export function makeWorkload({ folder, registry, quick }: { folder: string; registry: TestRegistry; quick: boolean }): Workload {
  const image = (name: string, layers: () => Promise<BuiltLayer[]>) => {
    let pushed: Promise<string> | undefined
    const holders = new Set<Subject>()
    const ready = () => (pushed ??= layers().then((made) => push(name, made)))
    return {
      ready,
      async into(subject: Subject) {
        const full = await ready()
        if (!holders.has(subject)) await subject.docker(['pull', '-q', full])
        holders.add(subject)
        return full
      },
    }
  }
  async function push(name: string, layers: BuiltLayer[]): Promise<string> {
    const layout = join(folder, `layout-${name}`)
    await writeLayout(layout, layers, { Env: ['PATH=/bin:/usr/bin'], Cmd: ['sh'] })
    await registry.push(layout, 'x', `${name}:1`)
    await rm(layout, { recursive: true })
    return `${registry.host}/${name}:1`
  }
  const busybox = image('busybox', async () => [await busyboxLayer()])
  const iperf = image('iperf', async () => [await busyboxLayer(), await programLayer(folder, '/usr/bin/iperf3')])
  let made: Promise<BuiltLayer[]> | undefined
  const bigLayers = () => (made ??= machineLayers(folder, 7, quick ? 60 : 305))
  const big = image('big', async () => [await busyboxLayer(), ...(await bigLayers())])
  const sibling = image('sibling', async () => [await busyboxLayer(), ...(await bigLayers()), await webLayer('bench')])
  const fresh = async (word: string) => Promise.all((await bigLayers()).map((layer, index) => startingWith(`${word}-${index}`, layer)))
  const pushed = new Map<string, Promise<string>>()
  return {
    busybox: busybox.into,
    iperf: iperf.into,
    big: { get name() { return big.ready() }, into: big.into },
    get sibling() { return sibling.ready() },
    fresh: {
      pushed(word) {
        const name = pushed.get(word) ?? fresh(word).then((layers) => push(`fresh-${word}`, layers))
        pushed.set(word, name)
        return name
      },
      async saved(word, path) {
        await writeDockerArchive(path, `fresh-${word}:saved`, ['sh'], (await fresh(word)).map(({ tar }) => tar))
        return `fresh-${word}:saved`
      },
    },
    file: (mebibytes) => writeFileOf(join(folder, `file-${mebibytes}`), mebibytes),
  }
}

/** The same with a file of this name before all others: what a tar begins with, and a gzip member of its own (RFC 1952, 2.2). */
async function startingWith(name: string, layer: BuiltLayer): Promise<BuiltLayer> {
  const whole = await buildLayer((archive) => void archive.entry({ name }, name))
  // Header and one block of content; the end of the archive is the other's.
  const tar = whole.tar.subarray(0, 1024)
  return { tar: Buffer.concat([tar, layer.tar]), gzip: Buffer.concat([gzipSync(tar), layer.gzip]) }
}

/** A program with the libraries it is linked to. */
async function programLayer(folder: string, program: string): Promise<BuiltLayer> {
  const libraries = execFileSync('ldd', [program], { encoding: 'utf8' }).match(/\/\S+\.so\S*/g) ?? []
  const root = join(folder, 'program')
  for (const path of [program, ...libraries]) await cp(path, join(root, path), { recursive: true, dereference: true })
  return archive(folder, ['--transform', 's,^\\./,,', '-C', root, '.'])
}

async function machineLayers(folder: string, count: number, megabytes: number): Promise<BuiltLayer[]> {
  const { stdout } = await run('find', ['/usr/lib', '/usr/bin', '/usr/share', '-xdev', '-type', 'f', '-size', '-8M', '-printf', '%s %p\\n'], { maxBuffer: 256 << 20 })
  const files = stdout.trim().split('\n').map((line) => ({ size: Number.parseInt(line, 10), path: line.slice(line.indexOf(' ') + 1) }))
  const layers: BuiltLayer[] = []
  for (let index = 0; index < count; index++) {
    const list: string[] = []
    for (let size = 0; size < (megabytes * 1e6) / count; ) {
      const file = files.shift()
      if (!file) break
      size += file.size
      list.push(file.path)
    }
    await writeFile(join(folder, 'list'), list.join('\0'))
    layers.push(await archive(folder, ['--transform', 's,^,opt/,', '--null', '-T', join(folder, 'list')]))
  }
  return layers
}

async function archive(folder: string, args: string[]): Promise<BuiltLayer> {
  const [tar, gzip] = [join(folder, 'layer.tar'), join(folder, 'layer.tar.gz')]
  await run('tar', ['--numeric-owner', '-cPf', tar, ...args])
  await pipeline(createReadStream(tar), createGzip(), createWriteStream(gzip))
  return { tar: await readFile(tar), gzip: await readFile(gzip) }
}

/** Every MiB differs from the next, and none is easy to compress. */
async function writeFileOf(path: string, mebibytes: number): Promise<string> {
  if ((await stat(path).catch(() => undefined))?.size === mebibytes << 20) return path
  await mkdir(join(path, '..'), { recursive: true })
  await using file = await open(path, 'w')
  const block = Buffer.alloc(1 << 20)
  for (let at = 0; at < block.length; at += 4) block.writeUInt32LE(Math.imul(at + 1, 2654435761) >>> 0, at)
  for (let index = 0; index < mebibytes; index++) {
    block.writeUInt32LE(index, 0)
    await file.write(block)
  }
  return path
}
