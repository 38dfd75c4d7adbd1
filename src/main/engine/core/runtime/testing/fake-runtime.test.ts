import { expect, test } from 'vitest'
import type { OciSpec } from '../runtime.ts'
import { createFakeRuntime } from './fake-runtime.ts'
import { CONTRACT_SCRIPTS, runtimeContract } from './runtime-contract.ts'

let runtime = createFakeRuntime(CONTRACT_SCRIPTS)
let count = 0

const specFor = async (_id: string, args: readonly string[], tty: boolean): Promise<OciSpec> => ({
  ociVersion: '1.0.2',
  process: { terminal: tty, user: { uid: 0, gid: 0 }, args: [...args], env: [], cwd: '/' },
  root: { path: '/rootfs', readonly: false },
  mounts: [],
  linux: { namespaces: [] },
})

runtimeContract(() => ({ runtime, restart: async () => (runtime = runtime.restart()), newId: () => `fake-${count++}`, specFor }))

test('a test may end a task as the machine would', async () => {
  const task = await runtime.createTask({ id: 'hungry', spec: await specFor('hungry', ['/bin/sh', '-c', 'exec sleep 1000'], false), stdin: 'none', tty: false })
  await task.start()
  runtime.endTask('hungry', { code: 137, oomKilled: true })
  expect(await task.exited).toMatchObject({ code: 137, oomKilled: true })
})
