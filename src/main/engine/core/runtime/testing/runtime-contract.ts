import { expect, test } from 'vitest'
import type { AttachStream, OciProcess, OciSpec, Runtime, Task, TaskRequest } from '../runtime.ts'
import type { FakeScript } from './fake-process.ts'

/** What the suite needs of a machine, real or not. */
export interface RuntimeUnderTest {
  /** The engine's; `restart` lets go of everything and gives the next engine's. */
  readonly runtime: Runtime
  restart(): Promise<Runtime>
  newId(): string
  specFor(id: string, args: readonly string[], tty: boolean): Promise<OciSpec>
}

const ALL = { stdin: true, stdout: true, stderr: true }

/** Shell programs for a real machine, and what they amount to for the fake. */
const PROGRAMS = {
  true: 'exit 0',
  fail: 'exit 3',
  talk: 'echo out; echo err >&2',
  cat: 'exec cat',
  wait: 'exec sleep 1000',
  polite: 'trap "exit 42" TERM; echo ready; while :; do sleep 0.05; done',
} as const
type Program = keyof typeof PROGRAMS

export const CONTRACT_SCRIPTS: Record<string, FakeScript> = Object.fromEntries(
  Object.entries({
    true: () => 0,
    fail: () => 3,
    talk: (program) => {
      program.stdout('out\n')
      program.stderr('err\n')
    },
    cat: async (program) => {
      for await (const bytes of program.stdin) program.stdout(bytes)
    },
    wait: (program) => program.killed,
    polite: async (program) => {
      const { promise, resolve } = Promise.withResolvers<number>()
      program.onSignal(() => resolve(42))
      program.stdout('ready\n')
      return await promise
    },
  } satisfies Record<Program, FakeScript>).map(([name, script]) => [`/bin/sh -c ${PROGRAMS[name as Program]}`, script]),
)

const argsOf = (program: Program) => ['/bin/sh', '-c', PROGRAMS[program]]

export async function readAll(stream: AttachStream): Promise<{ stdout: string; stderr: string }> {
  const text = { stdout: '', stderr: '' }
  for await (const { stream: name, bytes } of stream.output()) text[name] += Buffer.from(bytes).toString()
  return text
}

/** Reads until `wanted` was seen; the stream stays open. */
export async function readUntil(stream: AttachStream, wanted: string): Promise<string> {
  const output = stream.output()[Symbol.asyncIterator]()
  let text = ''
  while (!text.includes(wanted)) {
    const { value, done } = await output.next()
    if (done) throw new Error(`the output ended with ${JSON.stringify(text)}`)
    text += Buffer.from(value.bytes).toString()
  }
  return text
}

// eslint-disable-next-line max-lines-per-function -- a list of tests, like a test file
export function runtimeContract(get: () => RuntimeUnderTest): void {
  type Options = Partial<Pick<TaskRequest, 'stdin' | 'tty'>>
  const create = async (program: Program | readonly string[], { stdin = 'none', tty = false }: Options = {}): Promise<Task> => {
    const { runtime, newId, specFor } = get()
    const id = newId()
    return await runtime.createTask({ id, spec: await specFor(id, typeof program === 'string' ? argsOf(program) : program, tty), stdin, tty })
  }
  const started = async (program: Program, options?: Options) => {
    const task = await create(program, options)
    await task.start()
    return task
  }
  const execProcess = async (task: Task, args: readonly string[]): Promise<OciProcess> => (await get().specFor(task.id, args, false)).process

  test('a task runs once and tells its exit', async () => {
    const task = await create('fail')
    expect(task.pid).toBeUndefined()
    const pid = await task.start()
    expect(pid).toBeGreaterThan(0)
    expect(await task.exited).toMatchObject({ code: 3, oomKilled: false })
    await expect(task.start()).rejects.toMatchObject({ code: 'failed-precondition' })
  })

  test('who attaches before start misses nothing, each stream apart', async () => {
    const task = await create('talk')
    const both = await task.attach(ALL)
    const errors = await task.attach({ stdin: false, stdout: false, stderr: true })
    await task.start()
    expect(await readAll(both)).toEqual({ stdout: 'out\n', stderr: 'err\n' })
    expect(await readAll(errors)).toEqual({ stdout: '', stderr: 'err\n' })
    expect((await task.exited).code).toBe(0)
  })

  test('stdin reaches the process, and its end too', async () => {
    const task = await create('cat', { stdin: 'once' })
    const stream = await task.attach(ALL)
    await task.start()
    await stream.write(Buffer.from('one '))
    await stream.write(Buffer.from('two'))
    stream.end()
    expect((await readAll(stream)).stdout).toBe('one two')
    expect((await task.exited).code).toBe(0)
  })

  test('stdin that is kept survives who leaves', async () => {
    const task = await started('cat', { stdin: 'keep' })
    {
      await using first = await task.attach(ALL)
      await first.write(Buffer.from('a'))
      await readUntil(first, 'a')
    }
    await using second = await task.attach(ALL)
    await second.write(Buffer.from('b'))
    expect(await readUntil(second, 'b')).toBe('b')
    await task.remove()
  })

  test('a signal kills, or is the process’s to answer', async () => {
    const sleeper = await started('wait')
    await sleeper.signal(9)
    expect((await sleeper.exited).code).toBe(137)
    await expect(sleeper.signal(9)).rejects.toMatchObject({ code: 'failed-precondition', reason: 'not-running' })
    const polite = await create('polite')
    const stream = await polite.attach(ALL)
    await polite.start()
    await readUntil(stream, 'ready')
    await polite.signal(15)
    expect((await polite.exited).code).toBe(42)
  })

  test('nothing can be done to a process that has not started', async () => {
    const task = await create('wait')
    await expect(task.signal(9)).rejects.toMatchObject({ code: 'failed-precondition' })
    expect(await task.pids()).toEqual([])
    await task.remove()
    expect(await get().runtime.openTask(task.id)).toBeUndefined()
  })

  test('a program that is not there', async () => {
    const task = await create(['/no/such/program'])
    await expect(task.start()).rejects.toMatchObject({ code: 'invalid-argument', reason: 'executable-not-found', message: expect.stringMatching(/^failed to create task for container: .*exec: "\/no\/such\/program": /) as string })
    expect((await task.exited).code).toBe(127)
    await task.remove()
  })

  test('the id is taken while it runs, and free again afterwards', async () => {
    const task = await started('wait')
    const { runtime, specFor } = get()
    const request: TaskRequest = { id: task.id, spec: await specFor(task.id, argsOf('true'), false), stdin: 'none', tty: false }
    await expect(runtime.createTask(request)).rejects.toMatchObject({ code: 'already-exists' })
    await task.signal(9)
    await task.exited
    const again = await runtime.createTask(request)
    await again.start()
    expect((await again.exited).code).toBe(0)
    await again.remove()
  })

  test('a tty makes one stream of two, and takes sizes at any time', async () => {
    const task = await create('talk', { tty: true, stdin: 'keep' })
    await task.resize({ rows: 20, columns: 90 })
    const stream = await task.attach(ALL)
    await task.start()
    const { stdout, stderr } = await readAll(stream)
    expect(stdout.replaceAll('\r', '')).toContain('out\nerr\n')
    expect(stderr).toBe('')
  })

  test('execs have exits of their own and go with their task', async () => {
    const task = await started('wait')
    const short = await task.exec({ execId: get().newId(), process: await execProcess(task, argsOf('fail')), stdin: false })
    const long = await task.exec({ execId: get().newId(), process: await execProcess(task, argsOf('wait')), stdin: false })
    const missing = await task.exec({ execId: get().newId(), process: await execProcess(task, ['/no/such/program']), stdin: false })
    await short.start()
    expect((await short.exited).code).toBe(3)
    const pid = await long.start()
    expect(await task.pids()).toEqual(expect.arrayContaining([task.pid, pid]))
    await expect(missing.start()).rejects.toMatchObject({ reason: 'executable-not-found' })
    await task.signal(9)
    expect((await long.exited).code).toBe(137)
    await task.remove()
    expect(await get().runtime.openExec(long.execId)).toBeUndefined()
  })

  test('an exec reads its stdin', async () => {
    const task = await started('wait')
    const exec = await task.exec({ execId: get().newId(), process: await execProcess(task, argsOf('cat')), stdin: true })
    const stream = await exec.attach(ALL)
    await exec.start()
    await stream.write(Buffer.from('typed'))
    stream.end()
    expect((await readAll(stream)).stdout).toBe('typed')
    expect((await exec.exited).code).toBe(0)
    await task.remove()
  })

  test('a paused task stands still until it is resumed', async () => {
    const task = await started('wait')
    expect(await task.isPaused()).toBe(false)
    await task.pause()
    expect(await task.isPaused()).toBe(true)
    await task.resume()
    expect(await task.isPaused()).toBe(false)
    await task.pause()
    await task.remove()
    expect((await task.exited).code).toBe(137)
  })

  test('the next engine finds what runs, and what has ended meanwhile', async () => {
    const runs = await started('cat', { stdin: 'keep' })
    const ends = await started('cat', { stdin: 'once' })
    const exec = await runs.exec({ execId: get().newId(), process: await execProcess(runs, argsOf('fail')), stdin: false })
    const input = await ends.attach(ALL)
    await exec.start()
    await exec.exited
    const next = await get().restart()
    input.end()
    await readAll(input)
    const [found, over, foundExec] = [await next.openTask(runs.id), await next.openTask(ends.id), await next.openExec(exec.execId)]
    expect(found?.pid).toBe(runs.pid)
    expect((await over?.exited)?.code).toBe(0)
    expect(over?.pid).toBe(ends.pid)
    expect((await foundExec?.exited)?.code).toBe(3)
    expect(foundExec?.taskId).toBe(runs.id)
    await using stream = await found!.attach(ALL)
    await stream.write(Buffer.from('still here'))
    await readUntil(stream, 'still here')
    expect(await next.listTasks()).toEqual(expect.arrayContaining([runs.id, ends.id]))
    await found!.remove()
    await over!.remove()
    expect(await next.openTask(runs.id)).toBeUndefined()
    expect(await next.openExec(exec.execId)).toBeUndefined()
    expect(await next.listTasks()).toEqual(expect.not.arrayContaining([runs.id, ends.id]))
  })

  test('what was never there is not found', async () => {
    expect(await get().runtime.openTask('nobody')).toBeUndefined()
    expect(await get().runtime.openExec('nothing')).toBeUndefined()
  })
}
