import type { Settings } from '#shared/contract/settings.ts'
import type { RunForm } from './run-form.ts'

const MEBIBYTES: Record<string, number> = { '': 1 / 1_048_576, k: 1 / 1024, m: 1, g: 1024, t: 1_048_576 }

/** A new container's limits and restart policy as the settings have them; what a template or a pasted line says stands for itself. */
export function withUsual(form: RunForm, { defaultMemory, defaultCpus, defaultRestart }: Pick<Settings, 'defaultMemory' | 'defaultCpus' | 'defaultRestart'>): RunForm {
  return { ...form, memoryMegabytes: megabytesOf(defaultMemory), cpus: defaultCpus, restart: defaultRestart }
}

function megabytesOf(size: string): string {
  const [, amount, unit = ''] = /^([\d.]+)([kmgt]?)b?$/i.exec(size) ?? []
  return amount === undefined ? '' : String(Number(amount) * (MEBIBYTES[unit.toLowerCase()] ?? 1))
}
