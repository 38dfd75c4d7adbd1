import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, describe } from 'vitest'
import { createLayout } from '../../layout.ts'
import { loadSyscalls } from '../host/syscalls.ts'
import { createRuntime } from './create-runtime.ts'
import type { Runtime } from './runtime.ts'
import { createContainerSpec } from './spec/create-container-spec.ts'
import { makeRootfs } from './testing/bundle-root.ts'
import { runtimeContract } from './testing/runtime-contract.ts'
import { standInHost } from './testing/stand-in-host.ts'

describe.each((['crun', 'runc'] as const).filter((name) => existsSync(`/usr/bin/${name}`)))('with %s', (name) => {
  const root = mkdtempSync(join(tmpdir(), `slipway-runtime-${name}-`))
  const host = standInHost(name, loadSyscalls())
  const layout = createLayout(join(root, 'data'), join(root, 'run'))
  const ids: string[] = []
  let rootfs: string
  let runtime: Runtime

  beforeAll(() => {
    rootfs = makeRootfs(join(root, 'rootfs'))
    runtime = createRuntime({ host, layout })
  })
  afterAll(async () => {
    for (const id of ids) await (await runtime.openTask(id))?.remove()
    runtime.close()
    rmSync(root, { recursive: true })
  })

  runtimeContract(() => ({
    runtime,
    async restart() {
      runtime.close()
      return (runtime = createRuntime({ host, layout }))
    },
    newId() {
      const id = `contract-${process.pid}-${ids.length}`
      ids.push(id)
      return id
    },
    specFor: async (id, args, tty) => (await createContainerSpec({ id, rootfs: { path: rootfs, readonly: false }, process: { args, env: [], tty } }, host)).spec,
  }))
})
