import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { createContainerSpec } from './spec/create-container-spec.ts'
import { INSTALLED_RUNTIMES, openRealRuntime } from './testing/real-runtime.ts'
import { readUntil, runtimeContract } from './testing/runtime-contract.ts'

function shimsBelow(runRoot: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('slipway-shim') && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${runRoot}/`)
    } catch {
      return false
    }
  })
}

describe.each(INSTALLED_RUNTIMES)('with %s', (name) => {
  const real = openRealRuntime(name)
  afterAll(() => real[Symbol.asyncDispose]())

  runtimeContract(() => ({
    runtime: real.runtime,
    restart: async () => real.restart(),
    newId: () => real.newId(),
    specFor: async (id, args, tty) => (await createContainerSpec({ id, rootfs: { path: real.rootfs, readonly: false }, process: { args, env: [], tty } }, real.host)).spec,
  }))

  test('an id can be started again at once, many times', async () => {
    const id = real.newId()
    for (let round = 0; round < 20; round++) {
      const task = await real.create('exit 0', {}, { id })
      await task.start()
      expect((await task.exited).code).toBe(0)
    }
  })

  test('a start that fails after its cgroup was made leaves none', async () => {
    const id = real.newId()
    // Neither runtime can set a container up with so few open files.
    const task = await real.create('exit 0', { ulimits: [{ name: 'nofile', soft: 10, hard: 10 }] }, { id })
    await expect(task.start()).rejects.toMatchObject({ reason: 'start-failed' })
    await task.remove()
    expect(['', ...readdirSync('/sys/fs/cgroup')].filter((hierarchy) => existsSync(join('/sys/fs/cgroup', hierarchy, 'slipway', id)))).toEqual([])
  })

  test('a fresh container holds nothing of ours open', async () => {
    const { stdout } = await real.run('ls /proc/1/fd; env')
    expect(stdout.trim().split('\n').toSorted()).toEqual(['0', '1', '2', 'HOME=/root', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'PWD=/', 'SHLVL=1'])
  })

  test('a reader that stops makes the process wait, and gets every byte in the end', async () => {
    const total = 20_000_000
    const task = await real.create(`yes | head -c ${total}; echo done >&2`)
    const stream = await task.attach({ stdin: false, stdout: true, stderr: false })
    const watch = await task.attach({ stdin: false, stdout: false, stderr: true })
    await task.start()
    let received = 0
    for await (const { bytes } of stream.output()) {
      received += bytes.length
      if (received < 1_000_000) await new Promise(setImmediate)
    }
    expect(received).toBe(total)
    await readUntil(watch, 'done')
    expect((await task.exited).code).toBe(0)
  })

  test('output that nobody reads is lost to attach, and stops nobody', async () => {
    const task = await real.create('yes | head -c 50000000; exit 5')
    await task.start()
    expect((await task.exited).code).toBe(5)
  })

  test('the first size of a tty, and later ones', async () => {
    const task = await real.create('stty size; read line; stty size', { process: { args: ['/bin/sh', '-c', 'busybox stty size; read line; busybox stty size'], env: [], tty: true, consoleSize: { rows: 10, columns: 20 } } }, { tty: true, stdin: 'keep' })
    await using stream = await task.attach({ stdin: true, stdout: true, stderr: true })
    await task.start()
    const output = stream.output()[Symbol.asyncIterator]()
    const seen = async (wanted: string) => {
      for (let text = ''; !text.includes(wanted); ) text += Buffer.from((await output.next()).value.bytes).toString()
    }
    await seen('10 20')
    await task.resize({ rows: 33, columns: 44 })
    await stream.write(Buffer.from('\n'))
    await seen('33 44')
  })

  test('an exec that is being made, attached to or started while its container is removed goes with it', async () => {
    for (const stage of ['made', 'attached', 'started'] as const) {
      const task = await real.create('exec sleep 1000')
      await task.start()
      const request = { execId: `${task.id}-${stage}`, process: { user: { uid: 0, gid: 0 }, args: ['sleep', '1000'], env: ['PATH=/bin'], cwd: '/' }, stdin: false }
      const making = task.exec(request)
      const living = making.then(async (exec) => {
        if (stage !== 'made') await exec.attach({ stdin: false, stdout: true, stderr: true })
        if (stage === 'started') await exec.start()
      })
      living.catch(() => {})
      if (stage !== 'made') await making
      await task.remove()
      await expect(task.exec(request)).rejects.toMatchObject({ reason: 'not-running' })
      expect(readdirSync(real.layout.execsRun)).toEqual([])
      await expect.poll(() => shimsBelow(real.layout.runRoot)).toEqual([])
    }
  })

  test('what an earlier engine left of execs that nobody knows is ended and forgotten', async () => {
    const task = await real.create('exec sleep 1000')
    await task.start()
    const begin = (execId: string) => task.exec({ execId, process: { user: { uid: 0, gid: 0 }, args: ['sleep', '1000'], env: ['PATH=/bin'], cwd: '/' }, stdin: false })
    await (await begin('known')).start()
    await (await begin('stray')).start()
    for (const execId of ['half-made', 'known-half-made']) mkdirSync(real.layout.execState(execId))
    const next = real.restart()
    expect(await next.openExec('known-half-made')).toBeUndefined()
    await next.sweepExecs(new Set(['known', 'known-half-made']))
    expect(readdirSync(real.layout.execsRun)).toEqual(['known'])
    await (await real.runtime.openTask(task.id))!.remove()
    expect(readdirSync(real.layout.execsRun)).toEqual([])
  })

  test('limits are changed while it runs, and counted', async () => {
    const task = await real.create('exec sleep 1000', { limits: { memory: 64 << 20, pidsLimit: 50 } })
    await task.start()
    expect((await task.stats()).memory).toMatchObject({ limit: 64 << 20 })
    await task.update({ memory: { limit: 32 << 20, swap: 64 << 20 } })
    const stats = await task.stats()
    expect(stats.memory?.limit).toBe(32 << 20)
    expect(stats.pids).toEqual({ current: 1, limit: 50 })
    expect(stats.cpu?.total).toBeGreaterThan(0)
    await task.remove()
  })

  test('a container that eats more than its memory is killed, and it is said why', async () => {
    const { exit } = await real.run('dd if=/dev/zero of=/dev/shm/x bs=1M count=60', { limits: { memory: 16 << 20, memorySwap: 16 << 20 } })
    expect(exit).toMatchObject({ code: 137, oomKilled: true })
  })
})

describe('where paths are long', () => {
  const real = openRealRuntime(INSTALLED_RUNTIMES[0] ?? 'crun', 'a-folder-with-a-long-name/'.repeat(6))
  afterAll(() => real[Symbol.asyncDispose]())

  test('sockets are reached all the same', async () => {
    expect(real.layout.container('x').shimState.length).toBeGreaterThan(150)
    expect((await real.run('echo far')).stdout).toBe('far\n')
  })
})
