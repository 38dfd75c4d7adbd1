import { cpus, loadavg, release, totalmem } from 'node:os'
import type { Subject } from './subject.ts'

/** What figures are worth nothing without. */
export async function describeMachine(subjects: readonly Subject[]): Promise<{ lines: string[]; facts: Record<string, unknown>; load(): string }> {
  const load = () => loadavg().map((value) => value.toFixed(1)).join(' ')
  const engines: Record<string, string> = {}
  for (const subject of subjects) {
    const { Version, Components } = await subject.api<{ Version: string; Components?: { Name: string }[] }>('GET', '/version')
    const { Driver, DefaultRuntime } = await subject.api<{ Driver: string; DefaultRuntime: string }>('GET', '/info')
    engines[subject.name] = `${Components?.[0]?.Name ?? 'engine'} ${Version}, ${DefaultRuntime}, ${Driver}`
  }
  const facts = { when: new Date().toISOString(), processor: cpus()[0]?.model.trim(), cores: cpus().length, memoryGiB: Math.round(totalmem() / 2 ** 30), kernel: release(), node: process.version, load: load(), engines }
  const lines = [`${facts.cores} × ${facts.processor}, ${facts.memoryGiB} GiB, Linux ${facts.kernel}, Node ${facts.node}, load ${facts.load}`, ...Object.entries(engines).map(([name, what]) => `${name}: ${what}`)]
  return { lines, facts, load }
}
