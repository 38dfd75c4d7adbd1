import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Host, HostFacts } from '../../host/host.ts'
import { loadSyscalls } from '../../host/syscalls.ts'

const run = promisify(execFile)

/** The real machine, told which storage to use. */
export function hostWith(storage: HostFacts['storage'], rootless = false): Pick<Host, 'facts' | 'syscalls' | 'run'> {
  const facts: Partial<HostFacts> = { storage, rootless, tools: { fuseOverlayfs: '/usr/bin/fuse-overlayfs' } }
  return {
    facts: facts as HostFacts,
    syscalls: loadSyscalls(),
    run: async (program, args) => ({ code: 0, ...(await run(program, [...args])) }),
  }
}
