import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { isAlive, lookAt } from './process-life.ts'
import { INSTALLED_RUNTIMES, openRealRuntime } from './testing/real-runtime.ts'
import { readPid } from './shim/state-files.ts'

/** The shim that works in a state directory. */
function shimOf(stateDirectory: string): number {
  const found = readdirSync('/proc').find((name) => {
    try {
      return /^\d+$/.test(name) && readlinkSync(`/proc/${name}/cwd`) === stateDirectory && readFileSync(`/proc/${name}/comm`, 'utf8') === 'slipway-shim\n'
    } catch {
      return false
    }
  })
  if (found === undefined) throw new Error(`no shim in ${stateDirectory}`)
  return Number(found)
}

describe.each(INSTALLED_RUNTIMES)('when a shim was killed, with %s', (name) => {
  const real = openRealRuntime(name)
  afterAll(() => real[Symbol.asyncDispose]())
  const running = async () => {
    const task = await real.create('exec sleep 1000')
    await task.start()
    return { task, state: real.layout.container(task.id).shimState }
  }
  const gone = (id: string) => !existsSync(join(real.layout.runtimeRoot, id))

  test('the engine that was connected kills what is left, and says that it was lost', async () => {
    const { task, state } = await running()
    const identity = readPid(state)!
    process.kill(shimOf(state), 'SIGKILL')
    expect(await task.exited).toMatchObject({ code: 137, lost: true, oomKilled: false })
    expect(isAlive(identity)).toBe(false)
    expect(gone(task.id)).toBe(true)
    await task.remove()
  })

  test('the next engine finds that out, and tells the same ever after', async () => {
    const { task, state } = await running()
    const identity = readPid(state)!
    const shim = shimOf(state)
    real.restart()
    process.kill(shim, 'SIGKILL')
    const exit = await (await real.runtime.openTask(task.id))!.exited
    expect(exit).toMatchObject({ code: 137, lost: true })
    expect(isAlive(identity)).toBe(false)
    expect(await (await real.restart().openTask(task.id))!.exited).toEqual(exit)
  })

  test('a paused container goes too', async () => {
    const { task, state } = await running()
    await task.pause()
    process.kill(shimOf(state), 'SIGKILL')
    expect(await task.exited).toMatchObject({ code: 137, lost: true })
    expect(gone(task.id)).toBe(true)
  })

  test('an exec is lost alone', async () => {
    const { task } = await running()
    const execId = real.newId()
    const exec = await task.exec({ execId, process: JSON.parse(readFileSync(join(real.layout.container(task.id).bundle, 'config.json'), 'utf8')).process, stdin: false })
    await exec.start()
    process.kill(shimOf(real.layout.execState(execId)), 'SIGKILL')
    expect(await exec.exited).toMatchObject({ code: 137, lost: true })
    expect(await task.pids()).toEqual([task.pid])
    await exec.remove()
    await task.remove()
  })

  test('a task that was never started is none', async () => {
    const task = await real.create('true')
    const { id } = task
    real.restart()
    await expect.poll(() => existsSync(join(real.layout.container(id).shimState, 'shim.sock'))).toBe(false)
    expect(await real.runtime.openTask(id)).toBeUndefined()
    expect(await real.runtime.listTasks()).not.toContain(id)
  })

  test('another process that got the pid is left alone', async () => {
    const id = real.newId()
    const state = real.layout.container(id).shimState
    const bystander = spawn('sleep', ['1000'])
    mkdirSync(state, { recursive: true })
    writeFileSync(join(state, 'pid'), `${bystander.pid} 12345\n`)
    const task = await real.runtime.openTask(id)
    expect(await task?.exited).toMatchObject({ code: 137, lost: true })
    expect((await lookAt(bystander.pid!))?.state).toBe('S')
    bystander.kill('SIGKILL')
  })

  test('an exit that was written counts, whatever the runtime still believes', async () => {
    const { task, state } = await running()
    real.restart()
    const identity = readPid(state)!
    process.kill(shimOf(state), 'SIGKILL')
    writeFileSync(join(state, 'exit'), 'code=7\nsignal=0\nat=1700000000000000000\noom=1\n')
    expect(await (await real.runtime.openTask(task.id))!.exited).toEqual({ code: 7, oomKilled: true, at: 1700000000000000000n })
    expect([gone(task.id), isAlive(identity)]).toEqual([true, false])
  })
})
