import { isMap, isScalar, isSeq } from 'yaml'
import type { ComposeProblemCode } from '#shared/compose-problems.ts'
import { closest, isOpen, itemsOf, keysOf, nameOf, pairsOf, partsOf, plainValue, type Report } from './nodes.ts'

/** What the Compose Specification says of the values people write most: https://github.com/compose-spec/compose-spec/blob/main/05-services.md */
const words: Record<string, readonly string[]> = {
  pull_policy: ['always', 'never', 'missing', 'if_not_present', 'build', 'daily', 'weekly'],
  cgroup: ['host', 'private'],
}
const conditions = ['service_started', 'service_healthy', 'service_completed_successfully']
/** Keys of the tables inside a service. */
const tables: Record<string, readonly string[]> = {
  build: 'context dockerfile dockerfile_inline args ssh cache_from cache_to no_cache no_cache_filter additional_contexts network pull target shm_size extra_hosts isolation privileged platforms provenance sbom tags ulimits labels entitlements secrets'.split(' '),
  healthcheck: 'test interval timeout retries start_period start_interval disable'.split(' '),
  deploy: 'mode endpoint_mode replicas labels rollback_config update_config resources restart_policy placement'.split(' '),
  logging: ['driver', 'options'],
}
const port = String.raw`\d{1,5}(?:-\d{1,5})?`
const shortPort = new RegExp(String.raw`^(?:(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:]+\]):)?(?:(?:${port})?:)?${port}(?:/(?:tcp|udp|sctp))?$`, 'i')
const size = /^\d+(?:\.\d+)?\s*(?:[kmgt]i?b?|b)?$/i
const duration = /^(?:\d+(?:\.\d+)?(?:us|ms|s|m|h|d|w))+$/
const longPort = ['target', 'published', 'host_ip', 'protocol', 'mode', 'app_protocol', 'name']
const longVolume = 'type source target read_only consistency bind volume tmpfs image'.split(' ')

type Parts = ReturnType<typeof partsOf>
/** What the file declares at its top, by kind. */
export interface Declared {
  volumes: ReadonlySet<string>
  secrets: ReadonlySet<string>
  configs: ReadonlySet<string>
}

/** The values of one service, each by its rule. */
export function checkValues(name: string, service: unknown, declared: Declared, report: Report): void {
  const parts = partsOf(service)
  const value = (key: string) => parts.get(key)?.value
  for (const [key, allowed] of Object.entries(words)) among(key, value(key), allowed, report)
  if (isScalar(value('restart')) && !isOpen(value('restart')) && !/^(?:no|false|always|on-failure(?::\d+)?|unless-stopped)$/.test(nameOf(value('restart')))) report(value('restart'), 'oneOf', { key: 'restart', allowed: 'no, always, on-failure, unless-stopped' })
  for (const [key, known] of Object.entries(tables)) for (const { key: node } of pairsOf(value(key))) unknownKey('unknownPart', node, known, report, { whole: key })
  for (const item of itemsOf(value('ports'))) checkPort(item, report)
  for (const item of itemsOf(value('volumes'))) checkVolume(item, declared, report)
  checkDependencies(value('depends_on'), report)
  checkEnvironment(value('environment'), report)
  checkQuantities(parts, report)
  for (const kind of ['secrets', 'configs'] as const) for (const item of itemsOf(value(kind))) undeclared(kind, isMap(item) ? partsOf(item).get('source')?.value : item, declared[kind], report)
  if (parts.has('network_mode') && parts.has('networks')) report(parts.get('network_mode')?.key, 'networkModeToo', { name })
  if (parts.has('container_name') && Number(plainValue(partsOf(value('deploy')).get('replicas')?.value) ?? plainValue(value('scale')) ?? 1) > 1) report(parts.get('container_name')?.key, 'oneContainerName', { name })
}

export function unknownKey(code: ComposeProblemCode, node: unknown, known: Iterable<string>, report: Report, words: Record<string, string> = {}): void {
  const key = nameOf(node)
  if (key === '' || key === '<<' || key.startsWith('x-') || [...known].includes(key)) return
  const meant = closest(key, known)
  report(node, code, { key, ...words, ...(meant !== undefined && { meant }) })
}

function among(key: string, node: unknown, allowed: readonly string[], report: Report): void {
  if (isScalar(node) && node.value !== null && !isOpen(node) && !allowed.includes(nameOf(node))) report(node, 'oneOf', { key, allowed: allowed.join(', ') })
}

function checkPort(item: unknown, report: Report): void {
  for (const { key } of pairsOf(item)) unknownKey('unknownPort', key, longPort, report)
  if (isMap(item) && !partsOf(item).has('target')) report(item, 'portTarget')
  if (!isScalar(item) || isOpen(item)) return
  const text = nameOf(item)
  if (!shortPort.test(text)) return report(item, 'noPort', { text })
  if (text.replace(/^\[.*\]|^\d+\.\d+\.\d+\.\d+/, '').match(/\d+/g)?.some((number) => Number(number) > 65_535 || Number(number) < 1)) report(item, 'portRange')
}

function checkVolume(item: unknown, { volumes }: Declared, report: Report): void {
  if (isMap(item)) {
    const parts = partsOf(item)
    for (const { key } of parts.values()) unknownKey('unknownMount', key, longVolume, report)
    if (!parts.has('target')) report(item, 'mountTarget')
    if (nameOf(parts.get('type')?.value) === 'volume') undeclared('volumes', parts.get('source')?.value, volumes, report)
    return
  }
  if (!isScalar(item) || isOpen(item)) return
  const [source = '', target] = nameOf(item).split(':')
  if (target === undefined) return void (source.startsWith('/') || report(item, 'noPath', { path: source }))
  if (!target.startsWith('/') && !/^[A-Za-z]$/.test(source)) report(item, 'noPath', { path: target })
  if (/^[a-z0-9][\w.-]*$/i.test(source)) undeclared('volumes', item, volumes, report, source)
}

const undeclaredCode = { volumes: 'undeclaredVolume', secrets: 'undeclaredSecret', configs: 'undeclaredConfig' } as const
function undeclared(kind: keyof Declared, node: unknown, declared: ReadonlySet<string>, report: Report, name = nameOf(node)): void {
  if (name === '' || isOpen(node) || declared.has(name)) return
  report(node, undeclaredCode[kind], { name })
}

function checkDependencies(node: unknown, report: Report): void {
  for (const { key, value } of pairsOf(node)) {
    const condition = partsOf(value).get('condition')?.value
    if (condition === undefined) report(key, 'noCondition', { name: nameOf(key), allowed: conditions.join(', ') })
    else among('condition', condition, conditions, report)
  }
}

/** `- NAME: value` makes a table of each line. */
function checkEnvironment(node: unknown, report: Report): void {
  for (const item of itemsOf(node)) if (isMap(item)) report(item, 'pairInList', { name: keysOf(item)[0] ?? 'NAME' })
  for (const { key, value } of pairsOf(node)) if (isMap(value) || isSeq(value)) report(value, 'oneValue', { name: nameOf(key) })
}

function checkQuantities(parts: Parts, report: Report): void {
  for (const key of ['mem_limit', 'mem_reservation', 'memswap_limit', 'shm_size']) {
    const node = parts.get(key)?.value
    if (isScalar(node) && !isOpen(node) && nameOf(node) !== '-1' && !size.test(nameOf(node))) report(node, 'size', { key })
  }
  const times = [...partsOf(parts.get('healthcheck')?.value)].filter(([key]) => ['interval', 'timeout', 'start_period', 'start_interval'].includes(key))
  for (const [key, pair] of [...times, ['stop_grace_period', parts.get('stop_grace_period')] as const]) {
    if (isScalar(pair?.value) && !isOpen(pair.value) && nameOf(pair.value) !== '0' && !duration.test(nameOf(pair.value))) report(pair.value, 'duration', { key })
  }
}
