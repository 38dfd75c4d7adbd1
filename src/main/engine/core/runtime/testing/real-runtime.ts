import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLayout, type Layout } from '../../../layout.ts'
import type { Host } from '../../host/host.ts'
import { loadSyscalls } from '../../host/syscalls.ts'
import { createRuntime } from '../create-runtime.ts'
import type { Exit, Runtime, Task, TaskRequest } from '../runtime.ts'
import type { ContainerSpecInput } from '../spec/container-spec.ts'
import { createContainerSpec } from '../spec/create-container-spec.ts'
import { makeRootfs } from './bundle-root.ts'
import { readAll } from './runtime-contract.ts'
import { standInHost } from './stand-in-host.ts'

export const INSTALLED_RUNTIMES = (['crun', 'runc'] as const).filter((name) => existsSync(`/usr/bin/${name}`))

export interface RealRuntime extends AsyncDisposable {
  readonly root: string
  readonly rootfs: string
  readonly layout: Layout
  readonly host: Pick<Host, 'facts' | 'syscalls' | 'run'>
  readonly runtime: Runtime
  /** Lets go of everything; `runtime` is the next engine's. */
  restart(): Runtime
  newId(): string
  /** A task with a shell script, not started. */
  create(script: string, input?: Partial<ContainerSpecInput>, request?: Partial<TaskRequest>): Promise<Task>
  /** Runs a shell script to its end and removes it. */
  run(script: string, input?: Partial<ContainerSpecInput>): Promise<{ stdout: string; stderr: string; exit: Exit }>
}

/** A runtime on roots of its own; disposing kills and removes all it has started. */
export function openRealRuntime(name: 'crun' | 'runc', subfolder = ''): RealRuntime {
  const root = mkdtempSync(join(tmpdir(), `slipway-${name}-`))
  const host = standInHost(name, loadSyscalls())
  const layout = createLayout(join(root, subfolder, 'data'), join(root, subfolder, 'run'))
  const rootfs = makeRootfs(join(root, 'rootfs'))
  const ids: string[] = []
  let runtime = createRuntime({ host, layout })

  async function create(script: string, input: Partial<ContainerSpecInput> = {}, request: Partial<TaskRequest> = {}): Promise<Task> {
    const id = request.id ?? real.newId()
    const process = { args: ['/bin/sh', '-c', script], env: [], tty: request.tty ?? false, ...input.process }
    const { spec } = await createContainerSpec({ id, rootfs: { path: rootfs, readonly: false }, ...input, process }, host)
    return await runtime.createTask({ id, spec, stdin: 'none', tty: false, ...request })
  }

  const real: RealRuntime = {
    root,
    rootfs,
    layout,
    host,
    get runtime() {
      return runtime
    },
    restart() {
      void runtime.close()
      return (runtime = createRuntime({ host, layout }))
    },
    newId() {
      ids.push(`test-${process.pid}-${name}-${ids.length}`)
      return ids.at(-1)!
    },
    create,
    async run(script, input) {
      const task = await create(script, input)
      const stream = await task.attach({ stdin: false, stdout: true, stderr: true })
      try {
        await task.start()
        const output = await readAll(stream)
        return { ...output, exit: await task.exited }
      } finally {
        await task.remove()
      }
    },
    async [Symbol.asyncDispose]() {
      for (const id of ids) await (await runtime.openTask(id))?.remove()
      await runtime.close()
      rmSync(root, { recursive: true })
    },
  }
  return real
}
