import { execFileSync } from 'node:child_process'
import { closeSync, existsSync, fsyncSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bootId } from '#base/boot-id.ts'
import type { ChainId } from '#shared/oci/digest.ts'
import type { Host } from '../host/host.ts'
import { createMemoryMetadataStore } from '../metadata/memory-metadata-store.ts'
import type { MetadataStore } from '../metadata/metadata-store.ts'
import { openSnapshotter } from './open-snapshotter.ts'
import { hostWith } from './testing/test-host.ts'

const CHAIN = `sha256:${'c'.repeat(64)}` as ChainId
const isVolatile = (target: string) => readFileSync('/proc/self/mountinfo', 'utf8').split('\n').some((line) => line.includes(` ${target} `) && /[,=]volatile/.test(line))

describe.each([
  ['as root', false],
  ['with the attributes of a user namespace', true],
])('%s', (_, rootless) => {
  let folder: string
  let target: string
  let metadata: MetadataStore
  let host: ReturnType<typeof hostWith>
  const open = () => openSnapshotter({ root: join(folder, 'snapshots'), host, metadata, layers: { usage: () => Promise.reject(new Error('not asked')), remove: async () => {} } })
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'volatile-mounts-'))
    target = join(folder, 'mnt')
    metadata = createMemoryMetadataStore()
    host = hostWith('overlay', rootless)
  })
  afterEach(() => {
    while (readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${target} `)) execFileSync('umount', ['-l', target])
    rmSync(folder, { recursive: true, force: true })
  })

  /** What the machine's going down leaves of the only snapshot. */
  function becomeAnotherBoot(): void {
    const [file] = readdirSync(join(folder, 'snapshots'), { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.work/boot'))
    writeFileSync(join(folder, 'snapshots', file!), 'the boot before')
  }

  test('it is mounted again as often as wanted while the machine runs, by this engine and the next, as volatile or not', async () => {
    let snapshots = await open()
    await snapshots.prepare('c', undefined)
    for (const [volatile, name] of [[true, 'a'], [true, 'b'], [false, 'c'], [true, 'd']] as const) {
      await snapshots.mount('c', target, { volatile })
      expect(isVolatile(target)).toBe(volatile)
      const file = openSync(join(target, name), 'w')
      fsyncSync(file)
      closeSync(file)
      await snapshots.unmount(target)
      snapshots = await open()
      expect(snapshots.mayBeTorn('c')).toBe(false)
    }
    await snapshots.mount('c', target)
    expect(readdirSync(target)).toEqual(['a', 'b', 'c', 'd'])
  })

  test('after the machine went down it is not mounted, and can be removed; one that was never mounted so is as it was', async () => {
    const snapshots = await open()
    await snapshots.prepare('kept', undefined)
    await snapshots.mount('kept', target)
    await snapshots.unmount(target)
    await snapshots.prepare('c', undefined)
    await snapshots.mount('c', target, { volatile: true })
    await snapshots.unmount(target)
    becomeAnotherBoot()
    expect(['kept', 'c', 'unknown'].map(snapshots.mayBeTorn)).toEqual([false, true, false])
    for (const volatile of [true, false]) await expect(snapshots.mount('c', target, { volatile })).rejects.toMatchObject({ code: 'data-loss', reason: 'files-torn' })
    await snapshots.remove('c')
    await snapshots.mount('kept', target)
    expect(readdirSync(join(folder, 'snapshots')).toSorted()).toEqual(['0', '1', '1.work'])
  })

  test('what it becomes when it is committed says that it may not be on the disk yet', async () => {
    const snapshots = await open()
    await snapshots.prepare('step', undefined)
    await snapshots.mount('step', target, { volatile: true })
    await snapshots.unmount(target)
    await snapshots.commit('step', CHAIN)
    expect(metadata.collection<{ unflushed?: string }>('snapshots').list()).toMatchObject([{ name: CHAIN, unflushed: bootId() }])
    expect(existsSync(join(folder, 'snapshots', '1.work'))).toBe(false)
  })

  test('a kernel that does not take the option is asked once', async () => {
    const asked: boolean[] = []
    const mount: Host['syscalls']['mount'] = (request) => {
      asked.push(request.data?.includes('volatile') === true)
      if (asked.at(-1)) throw new Error('EINVAL: invalid argument')
      host.syscalls.mount(request)
    }
    const real = host
    host = { ...real, syscalls: { ...real.syscalls, mount } }
    const snapshots = await open()
    host = real
    for (const key of ['one', 'two']) {
      await snapshots.prepare(key, undefined)
      await snapshots.mount(key, target, { volatile: true })
      expect(isVolatile(target)).toBe(false)
      await snapshots.unmount(target)
    }
    expect(asked).toEqual([true, false, false])
    expect(readdirSync(join(folder, 'snapshots'), { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('/boot'))).toEqual([])
  })
})
