import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** What Docker keeps an unprivileged container from reading: https://docs.docker.com/engine/containers/run/ (systempaths), GHSA-6fw5-f8r9-fgfm, GHSA-jq35-85cj-fj4p. */
const MASKED = [
  '/proc/acpi', '/proc/asound', '/proc/interrupts', '/proc/kcore', '/proc/keys', '/proc/latency_stats', '/proc/sched_debug', '/proc/scsi',
  '/proc/timer_list', '/proc/timer_stats', '/sys/devices/virtual/powercap', '/sys/firmware',
]

/** … and from writing. */
export const READONLY_PATHS: readonly string[] = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger']

const CPUS = '/sys/devices/system/cpu'
let masked: readonly string[] | undefined

/** With the thermal counters of each CPU, which tell what others compute. Looked up once: CPUs are possible or not from boot on. */
export function maskedPaths(): readonly string[] {
  return (masked ??= [...MASKED, ...thermalCounters()])
}

function thermalCounters(): string[] {
  if (!existsSync(CPUS)) return []
  const cpus = readdirSync(CPUS).filter((name) => /^cpu\d+$/.test(name))
  return cpus.map((name) => join(CPUS, name, 'thermal_throttle')).filter((path) => existsSync(path))
}
