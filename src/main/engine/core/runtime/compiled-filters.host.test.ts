import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Host } from '../host/host.ts'
import { loadSyscalls } from '../host/syscalls.ts'
import { createCompiledFilters } from './compiled-filters.ts'
import { processesNaming } from './process-life.ts'
import { createRuntimeCommand } from './runtime-command.ts'
import type { OciSeccomp } from './runtime.ts'
import { defaultSeccomp } from './spec/seccomp.ts'
import { runFilter } from './testing/run-filter.ts'
import { standInHost } from './testing/stand-in-host.ts'

const PROFILE: OciSeccomp = { defaultAction: 'SCMP_ACT_ALLOW', architectures: [], syscalls: [{ names: ['kexec_load'], action: 'SCMP_ACT_ERRNO' }] }

describe.skipIf(!existsSync('/usr/bin/crun'))('seccomp filters that crun compiles', () => {
  let folder: string
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'slipway-filters-'))))
  afterEach(async () => {
    for (const { pid } of await processesNaming(folder)) process.kill(pid, 'SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })

  function open(launch: (real: Host['syscalls']['launch']) => Host['syscalls']['launch'] = (real) => real) {
    const syscalls = loadSyscalls()
    const host = standInHost('crun', { ...syscalls, launch: launch(syscalls.launch) })
    const layout = { compiledFilters: join(folder, 'seccomp'), runtimeRoot: join(folder, 'crun') }
    return createCompiledFilters({ host, layout, command: createRuntimeCommand({ host, layout }) })
  }

  test('are kept, and nothing else is', async () => {
    const filters = open()
    expect(filters.find(PROFILE)).toBeUndefined()
    await filters.prepare(PROFILE)
    const kept = readdirSync(join(folder, 'seccomp'))
    expect(kept).toHaveLength(1)
    expect(filters.find(PROFILE)).toBe(readFileSync(join(folder, 'seccomp', kept[0]!)).toString('base64'))
    expect(await processesNaming(folder)).toEqual([])
  })

  test('say of a call that is newer than they are that it is not there, and of all others what they said', async () => {
    const profile = defaultSeccomp({ architecture: 'amd64', kernel: release(), capabilities: [] })!
    const filters = open()
    await filters.prepare(profile)
    const [before, after] = [readFileSync(join(folder, 'seccomp', readdirSync(join(folder, 'seccomp'))[0]!)), Buffer.from(filters.find(profile)!, 'base64')]
    for (const architecture of [0xc000_003e, 0x4000_0003, 0xc000_00b7]) {
      const answers = (program: Buffer) => Array.from({ length: 1000 }, (_, number) => runFilter(program, { architecture, number }))
      const [was, is] = [answers(before), answers(after)]
      const first = is.findIndex((answer, number) => answer !== was[number])
      expect(first === -1 ? 1000 : first).toBeGreaterThan(400)
      if (architecture === 0xc000_00b7) expect(first).toBe(-1)
      else expect(new Set(is.slice(first))).toEqual(new Set([0x0005_0026]))
    }
  })

  test('are made to the end by an engine that ends in an orderly way', async () => {
    const filters = open()
    void filters.prepare(PROFILE)
    await filters.settled()
    expect(filters.find(PROFILE)).toBeDefined()
    expect(await processesNaming(folder)).toEqual([])
  })

  /** An engine that ends there does nothing more: what it has launched goes on. */
  test.each([
    ['while crun makes the container', false],
    ['when the container waits', true],
  ])('of an engine that was killed %s leave no process to the next one', async (_, made) => {
    const launched = Promise.withResolvers<unknown>()
    void open((real) => (...request) => {
      launched.resolve(made ? real(...request) : void real(...request))
      return new Promise(() => {})
    }).prepare(PROFILE)
    await launched.promise
    await expect.poll(() => processesNaming(folder), { interval: 1 }).not.toEqual([])
    const next = open()
    await next.prepare(PROFILE)
    expect(next.find(PROFILE)).toBeDefined()
    expect(await processesNaming(folder)).toEqual([])
    expect(readdirSync(join(folder, 'seccomp'))).toHaveLength(1)
  })
})
