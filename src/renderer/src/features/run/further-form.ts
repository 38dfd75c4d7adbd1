import type { DeviceMapping, FurtherSettings, HealthCheck, Logging } from '#shared/contract/container-settings.ts'
import { joinWords, splitWords } from './words.ts'

/** What few containers need, as it is typed: one thing a line, or words apart. Empty means: what the engine and the image say. */
export interface FurtherForm {
  capabilitiesAdded: string
  capabilitiesDropped: string
  privileged: boolean
  readOnlyRoot: boolean
  init: boolean
  devices: string
  dnsServers: string
  dnsSearch: string
  extraHosts: string
  logDriver: string
  logOptions: string
  health: 'image' | 'none' | 'command'
  healthCommand: string
  healthInterval: string
  healthTimeout: string
  healthStart: string
  healthRetries: string
  stopSignal: string
  stopSeconds: string
  shmMegabytes: string
  sysctls: string
  ulimits: string
  groups: string
  securityOptions: string
}

export const emptyFurther = (): FurtherForm => ({
  capabilitiesAdded: '', capabilitiesDropped: '', privileged: false, readOnlyRoot: false, init: false, devices: '', dnsServers: '', dnsSearch: '', extraHosts: '', logDriver: '', logOptions: '',
  health: 'image', healthCommand: '', healthInterval: '', healthTimeout: '', healthStart: '', healthRetries: '', stopSignal: '', stopSeconds: '', shmMegabytes: '', sysctls: '', ulimits: '', groups: '', securityOptions: '',
})

const linesOf = (text: string) => text.split('\n').map((line) => line.trim()).filter(Boolean)
const wordsOf = (text: string) => text.split(/[\s,]+/).filter(Boolean)
const some = <Item>(items: Item[]) => (items.length > 0 ? items : undefined)
const amount = (text: string) => (text.trim() === '' ? undefined : Number(text.replace(',', '.')))
const tableOf = (text: string) => Object.fromEntries(linesOf(text).map((line) => (line.includes('=') ? [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] : [line, ''])))
const tableText = (table: Record<string, string> = {}) => Object.entries(table).map(([key, value]) => `${key}=${value}`).join('\n')
const someTable = (text: string) => (linesOf(text).length > 0 ? tableOf(text) : undefined)

export function readFurther(settings: FurtherSettings): FurtherForm {
  return {
    capabilitiesAdded: (settings.capabilitiesAdded ?? []).join(' '),
    capabilitiesDropped: (settings.capabilitiesDropped ?? []).join(' '),
    privileged: settings.privileged ?? false,
    readOnlyRoot: settings.readOnlyRoot ?? false,
    init: settings.init ?? false,
    devices: (settings.devices ?? []).map(deviceText).join('\n'),
    dnsServers: (settings.dnsServers ?? []).join(' '),
    dnsSearch: (settings.dnsSearch ?? []).join(' '),
    extraHosts: (settings.extraHosts ?? []).join('\n'),
    logDriver: settings.logging?.driver ?? '',
    logOptions: tableText(settings.logging?.options),
    ...readHealth(settings.healthCheck),
    stopSignal: settings.stopSignal ?? '',
    stopSeconds: settings.stopSeconds?.toString() ?? '',
    shmMegabytes: settings.shmBytes === undefined ? '' : String(settings.shmBytes / 1_048_576),
    sysctls: tableText(settings.sysctls),
    ulimits: (settings.ulimits ?? []).join('\n'),
    groups: (settings.groups ?? []).join(' '),
    securityOptions: (settings.securityOptions ?? []).join('\n'),
  }
}

export function toFurther(form: FurtherForm): FurtherSettings {
  const shm = amount(form.shmMegabytes)
  return {
    capabilitiesAdded: some(wordsOf(form.capabilitiesAdded)),
    capabilitiesDropped: some(wordsOf(form.capabilitiesDropped)),
    privileged: form.privileged || undefined,
    readOnlyRoot: form.readOnlyRoot || undefined,
    init: form.init || undefined,
    devices: some(linesOf(form.devices).map(readDevice)),
    dnsServers: some(wordsOf(form.dnsServers)),
    dnsSearch: some(wordsOf(form.dnsSearch)),
    extraHosts: some(linesOf(form.extraHosts)),
    logging: toLogging(form),
    healthCheck: toHealth(form),
    stopSignal: form.stopSignal.trim() || undefined,
    stopSeconds: amount(form.stopSeconds),
    shmBytes: shm === undefined ? undefined : Math.round(shm * 1_048_576),
    sysctls: someTable(form.sysctls),
    ulimits: some(linesOf(form.ulimits)),
    groups: some(wordsOf(form.groups)),
    securityOptions: some(linesOf(form.securityOptions)),
  }
}

/** Which typed fields make which setting: what was not touched is not written anew. */
export const furtherParts: Record<keyof FurtherSettings, (keyof FurtherForm)[]> = {
  capabilitiesAdded: ['capabilitiesAdded'],
  capabilitiesDropped: ['capabilitiesDropped'],
  privileged: ['privileged'],
  readOnlyRoot: ['readOnlyRoot'],
  init: ['init'],
  devices: ['devices'],
  dnsServers: ['dnsServers'],
  dnsSearch: ['dnsSearch'],
  extraHosts: ['extraHosts'],
  logging: ['logDriver', 'logOptions'],
  healthCheck: ['health', 'healthCommand', 'healthInterval', 'healthTimeout', 'healthStart', 'healthRetries'],
  stopSignal: ['stopSignal'],
  stopSeconds: ['stopSeconds'],
  shmBytes: ['shmMegabytes'],
  sysctls: ['sysctls'],
  ulimits: ['ulimits'],
  groups: ['groups'],
  securityOptions: ['securityOptions'],
}

const deviceText = ({ host, container, permissions }: DeviceMapping) => [host, container, permissions].join(':')
function readDevice(line: string): DeviceMapping {
  const [host = '', container = host, permissions = 'rwm'] = line.split(':')
  return { host, container, permissions }
}

function toLogging({ logDriver, logOptions }: FurtherForm): Logging | undefined {
  return logDriver.trim() === '' ? undefined : { driver: logDriver.trim(), options: tableOf(logOptions) }
}

function readHealth(check: HealthCheck | undefined): Pick<FurtherForm, 'health' | 'healthCommand' | 'healthInterval' | 'healthTimeout' | 'healthStart' | 'healthRetries'> {
  const nothing = { healthCommand: '', healthInterval: '', healthTimeout: '', healthStart: '', healthRetries: '' }
  if (!check) return { health: 'image', ...nothing }
  if (check.kind === 'none') return { health: 'none', ...nothing }
  const [how = '', ...rest] = check.test
  const text = (value: number | undefined) => value?.toString() ?? ''
  return { health: 'command', healthCommand: how === 'CMD-SHELL' ? (rest[0] ?? '') : joinWords(rest), healthInterval: text(check.interval), healthTimeout: text(check.timeout), healthStart: text(check.startPeriod), healthRetries: text(check.retries) }
}

/** A line is the shell's, as in `--health-cmd`. */
function toHealth(form: FurtherForm): HealthCheck | undefined {
  if (form.health === 'image') return undefined
  if (form.health === 'none' || splitWords(form.healthCommand).length === 0) return form.health === 'none' ? { kind: 'none' } : undefined
  const check = { interval: amount(form.healthInterval), timeout: amount(form.healthTimeout), startPeriod: amount(form.healthStart), retries: amount(form.healthRetries) }
  return { kind: 'command', test: ['CMD-SHELL', form.healthCommand.trim()], ...Object.fromEntries(Object.entries(check).filter(([, value]) => value !== undefined)) }
}
