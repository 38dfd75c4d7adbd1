import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HostCheck } from './core/host/host.ts'
import { machineChecks, needsNamespaces } from './core/host/rootless/launch.ts'
import { createLayout } from './layout.ts'

/** What this machine has and lacks for containers, where there is no data root yet; the probe works in a folder of its own. */
export async function lookAtMachine(): Promise<HostCheck[]> {
  // The rest of the probe wants namespaces, which only an engine makes.
  if (needsNamespaces()) return machineChecks()
  const folder = await mkdtemp(join(tmpdir(), 'slipway-doctor-'))
  try {
    const { createHost } = await import('./core/host/create-host.ts')
    return (await createHost({ layout: createLayout(join(folder, 'data'), join(folder, 'run')) })).facts.checks
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

export function machineInWords(checks: readonly HostCheck[]): string {
  const told = checks.filter(({ status }) => status !== 'ok').map(({ status, finding, consequence, remedy }) => `${status === 'missing' ? '✗' : '!'} ${[finding, consequence].filter(Boolean).join(' ')}\n${remedy ? `    ${remedy.replaceAll('\n', '\n    ')}\n` : ''}`)
  return `This machine: ${told.length === 0 ? `has what containers need (${checks.length} things were looked at).\n` : `\n${told.join('')}`}`
}
