import type { TaskStats } from '../runtime.ts'
import { memoryLimit, parseFields, parseNumber, pidsOf, readFiles } from './counter-files.ts'

const FILES = ['cpu.stat', 'memory.current', 'memory.max', 'memory.peak', 'memory.events', 'memory.stat', 'pids.current', 'pids.max', 'io.stat'] as const
type Files = Partial<Record<(typeof FILES)[number], string>>

/** https://docs.kernel.org/admin-guide/cgroup-v2.html */
export async function readStatsV2(directory: string, hostMemory: number): Promise<TaskStats> {
  const files = await readFiles(directory, FILES)
  return { cpu: cpuOf(files), memory: memoryOf(files, hostMemory), pids: pidsOf(files['pids.current'], files['pids.max']), io: ioOf(files['io.stat']) }
}

/** cpu.stat exists, with usage alone, where the controller is off. */
function cpuOf(files: Files): TaskStats['cpu'] {
  const stat = parseFields(files['cpu.stat'])
  const nano = (name: string) => (stat[name] ?? 0) * 1000
  if (stat['usage_usec'] === undefined) return undefined
  return {
    total: nano('usage_usec'),
    user: nano('user_usec'),
    system: nano('system_usec'),
    periods: stat['nr_periods'] ?? 0,
    throttledPeriods: stat['nr_throttled'] ?? 0,
    throttledTime: nano('throttled_usec'),
  }
}

function memoryOf(files: Files, hostMemory: number): TaskStats['memory'] {
  const usage = parseNumber(files['memory.current'])
  if (usage === undefined) return undefined
  const stats = parseFields(files['memory.stat'])
  return {
    usage,
    limit: memoryLimit(files['memory.max'], hostMemory),
    inactiveFile: stats['inactive_file'] ?? 0,
    maxUsage: parseNumber(files['memory.peak']),
    failcnt: parseFields(files['memory.events'])['max'],
    stats,
  }
}

/** `MAJ:MIN rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6` */
function ioOf(text: string | undefined): TaskStats['io'] {
  return (text ?? '').split('\n').flatMap((line) => {
    const match = /^(\d+):(\d+) (.*)$/.exec(line)
    if (match === null) return []
    const fields = parseFields(match[3]!.replaceAll(' ', '\n').replaceAll('=', ' '))
    const device = { major: Number(match[1]), minor: Number(match[2]) }
    return [
      { ...device, op: 'Read', bytes: fields['rbytes'] ?? 0, ios: fields['rios'] ?? 0 },
      { ...device, op: 'Write', bytes: fields['wbytes'] ?? 0, ios: fields['wios'] ?? 0 },
      ...(fields['dbytes'] === undefined ? [] : [{ ...device, op: 'Discard', bytes: fields['dbytes'], ios: fields['dios'] ?? 0 }]),
    ]
  })
}
