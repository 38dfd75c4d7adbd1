import { nextFreePort, takenBy, type TakenPort } from '#shared/network/ports.ts'
import type { PortRow, RunForm } from './run-form.ts'

export type FieldProblem = { key: 'required' | 'port' | 'absolute' | 'number' | 'seconds' | 'name' | 'twice' } | { key: 'taken'; owner: string | undefined; free: number | undefined }
export type Problems = Map<string, FieldProblem>

const isPort = (text: string) => /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535
const isAmount = (text: string) => /^\d+([.,]\d+)?$/.test(text) && Number(text.replace(',', '.')) > 0

const amounts = (form: RunForm) => [['limits.memoryBytes', form.memoryMegabytes], ['limits.cpus', form.cpus], ['limits.pids', form.pids], ['shmBytes', form.shmMegabytes]] as const

/** What can be told while typing, by the field names that the engine's own errors use. */
export function problemsOf(form: RunForm, taken: readonly TakenPort[]): Problems {
  const problems: Problems = new Map()
  if (form.image.trim() === '') problems.set('image', { key: 'required' })
  if (form.name !== '' && !/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(form.name)) problems.set('name', { key: 'name' })
  form.ports.forEach((row, index) => checkPort(row, index, form, taken, problems))
  form.mounts.forEach(({ kind, source, target }, index) => {
    if (target !== '' && !target.startsWith('/')) problems.set(`mounts[${index}].target`, { key: 'absolute' })
    if (target === '' && source !== '') problems.set(`mounts[${index}].target`, { key: 'required' })
    if (kind === 'bind' && target !== '' && !source.startsWith('/')) problems.set(`mounts[${index}].source`, { key: 'absolute' })
  })
  for (const [field, text] of amounts(form)) if (text.trim() !== '' && !isAmount(text)) problems.set(field, { key: 'number' })
  if (!/^(-1|\d*)$/.test(form.stopSeconds.trim())) problems.set('stopSeconds', { key: 'seconds' })
  return problems
}

function checkPort({ hostPort, containerPort, protocol, hostIp, key }: PortRow, index: number, form: RunForm, taken: readonly TakenPort[], problems: Problems): void {
  const field = `ports[${index}]`
  if (hostPort === '' && containerPort === '') return
  if (!isPort(containerPort)) problems.set(`${field}.containerPort`, { key: containerPort === '' ? 'required' : 'port' })
  if (hostPort === '') return
  if (!isPort(hostPort)) return void problems.set(`${field}.hostPort`, { key: 'port' })
  const twin = form.ports.find((other) => other.key < key && other.hostPort === hostPort && other.protocol === protocol && other.hostIp === hostIp)
  const wish = { hostIp, hostPort: Number(hostPort), protocol }
  const other = takenBy(wish, taken)
  if (twin) problems.set(`${field}.hostPort`, { key: 'twice' })
  else if (other) problems.set(`${field}.hostPort`, { key: 'taken', owner: other.owner, free: nextFreePort({ ...wish, hostPort: wish.hostPort + 1 }, taken) })
}

