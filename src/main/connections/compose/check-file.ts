import { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import type { ComposeCheck, ComposeProblem, ComposeService } from '#shared/contract/compose.ts'
import { checkRelations } from './check-relations.ts'
import { checkValues, unknownKey, type Declared } from './check-values.ts'
import { keysOf, nameOf, offsetOf, pairsOf, partsOf, plainValue, type Report } from './nodes.ts'

/** What stands at the top and in a service, by the Compose Specification: https://github.com/compose-spec/compose-spec/blob/main/spec.md */
const topLevel = new Set(['version', 'name', 'services', 'networks', 'volumes', 'configs', 'secrets', 'include', 'models'])
const serviceKeys = new Set(
  'annotations attach blkio_config build cap_add cap_drop cgroup cgroup_parent command configs container_name cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpus cpuset credential_spec depends_on deploy develop device_cgroup_rules devices dns dns_opt dns_search domainname driver_opts entrypoint env_file environment expose extends external_links extra_hosts gpus group_add healthcheck hostname image init ipc isolation label_file labels links logging mac_address mem_limit mem_reservation mem_swappiness memswap_limit models network_mode networks oom_kill_disable oom_score_adj pid pids_limit platform ports post_start pre_stop privileged profiles provider pull_policy pull_refresh_after read_only restart runtime scale secrets security_opt shm_size stdin_open stop_grace_period stop_signal storage_opt sysctls tmpfs tty ulimits use_api_socket user userns_mode uts volumes volumes_from working_dir'.split(' '),
)
type Kind = 'map' | 'list' | 'text' | 'flag'
/** What a key may hold, where that is one or two things. */
const kinds: Record<string, readonly Kind[]> = {
  ports: ['list'], volumes: ['list'], cap_add: ['list'], cap_drop: ['list'], devices: ['list'], profiles: ['list'], expose: ['list'], security_opt: ['list'], group_add: ['list'],
  environment: ['map', 'list'], labels: ['map', 'list'], networks: ['map', 'list'], depends_on: ['map', 'list'], command: ['text', 'list'], entrypoint: ['text', 'list'], env_file: ['text', 'list'], tmpfs: ['text', 'list'], build: ['text', 'map'],
  healthcheck: ['map'], deploy: ['map'], logging: ['map'], ulimits: ['map'], image: ['text'], container_name: ['text'], restart: ['text'], hostname: ['text'], user: ['text'], working_dir: ['text'],
  privileged: ['flag'], tty: ['flag'], stdin_open: ['flag'], init: ['flag'], read_only: ['flag'],
}

/** What is wrong in a compose file and where, and what services it has. It is looked at only, never carried out. */
export function checkComposeFile(text: string): ComposeCheck {
  const counter = new LineCounter()
  const document = parseDocument(text, { lineCounter: counter, merge: true, prettyErrors: false })
  const problems: ComposeProblem[] = []
  const at = (offset: number) => {
    const { line, col } = counter.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  const report: Report = (node, code, words = {}, severity = 'error') => void problems.push({ ...at(offsetOf(node)), severity, code, words })
  for (const error of document.errors) problems.push({ ...at(error.pos[0]), severity: 'error', code: 'syntax', words: { text: error.message } })
  const root = document.contents
  if (!isMap(root)) {
    if (problems.length === 0) report(root, 'root')
    return { services: [], problems }
  }
  for (const { key } of root.items) {
    const name = nameOf(key)
    if (name === 'version') report(key, 'version', {}, 'warning')
    else unknownKey('unknownTop', key, topLevel, report)
  }
  const names = (kind: string) => new Set(keysOf(root.get(kind, true)))
  const declared = { volumes: names('volumes'), secrets: names('secrets'), configs: names('configs') }
  const pairs = pairsOf(root.get('services', true))
  const services = pairs.map(({ key, value }) => checkService(nameOf(key), key, value, declared, report, at))
  if (root.has('services') && !isMap(root.get('services', true))) report(root.get('services', true), 'services')
  if (services.length === 0 && !root.has('include')) report(root, 'noServices', {}, 'warning')
  // What another file brings in is not known here.
  if (!root.has('include')) refuseUnknown(services, pairs, names('networks'), report)
  checkRelations(services, new Map(pairs.map(({ key, value }) => [nameOf(key), value])), report)
  const name = root.get('name')
  return { ...(typeof name === 'string' && { name }), services, problems: problems.toSorted((a, b) => a.line - b.line) }
}

function checkService(name: string, keyNode: unknown, value: unknown, declared: Declared, report: Report, at: (offset: number) => { line: number }): ComposeService {
  if (!isMap(value)) report(value ?? keyNode, 'service', { name })
  const parts = partsOf(value)
  for (const [key, { key: node, value: part }] of parts) {
    unknownKey('unknownService', node, serviceKeys, report)
    const expected = kinds[key]
    if (expected && part !== null && !expected.includes(kindOf(part)) && !/^\$\{/.test(nameOf(part))) report(part, wordOf(expected), { key })
  }
  if (isMap(value) && !['image', 'build', 'extends', 'provider', '<<'].some((key) => parts.has(key))) report(keyNode, 'nothing', { name })
  checkValues(name, value, declared, report)
  const plain = (key: string) => plainValue(parts.get(key)?.value)
  const texts = (key: string) => [plain(key) ?? []].flat().map((each) => (typeof each === 'object' ? JSON.stringify(each) : String(each)))
  const build = plain('build')
  const image = plain('image')
  return {
    name,
    line: at(offsetOf(keyNode)).line,
    ...(typeof image === 'string' && { image }),
    ...(build !== undefined && { build: typeof build === 'string' ? build : String((build as { context?: unknown }).context ?? '.') }),
    ports: texts('ports').map(portText),
    dependsOn: keysOf(parts.get('depends_on')?.value),
    networks: keysOf(parts.get('networks')?.value),
    volumes: [plain('volumes') ?? []].flat().flatMap((each) => volumeOf(each, declared.volumes) ?? []),
  }
}

/** The long form as the short one. */
function portText(text: string): string {
  if (!text.startsWith('{')) return text
  const { host_ip: ip, published, target, protocol } = JSON.parse(text) as Record<string, unknown>
  return `${[ip, published, target].filter((each) => each !== undefined).join(':')}${protocol === 'udp' ? '/udp' : ''}`
}
/** The named volume that a mount is of, if it is one. */
function volumeOf(mount: unknown, volumes: ReadonlySet<string>): string | undefined {
  const source = typeof mount === 'string' ? mount.split(':')[0] : (mount as { source?: unknown } | null)?.source
  return typeof source === 'string' && volumes.has(source) ? source : undefined
}

/** Services and networks that are named but nowhere said. */
function refuseUnknown(services: readonly ComposeService[], pairs: readonly { key: unknown; value: unknown }[], networks: ReadonlySet<string>, report: Report): void {
  const names = new Set(services.map(({ name }) => name))
  services.forEach((service, index) => {
    const part = (key: string) => pairsOf(pairs[index]?.value).find((pair) => nameOf(pair.key) === key)?.value ?? pairs[index]?.key
    for (const other of service.dependsOn) if (!names.has(other)) report(part('depends_on'), 'dependsOnNobody', { name: service.name, other })
    for (const network of service.networks) if (network !== 'default' && !networks.has(network)) report(part('networks'), 'undeclaredNetwork', { name: network })
  })
}

function kindOf(node: unknown): Kind {
  if (isMap(node)) return 'map'
  if (isSeq(node)) return 'list'
  return isScalar(node) && typeof node.value === 'boolean' ? 'flag' : 'text'
}
const wordOf = ([one, other]: readonly Kind[]) => (one === undefined || one === 'flag' ? 'flag' : other === undefined ? one : one === 'map' ? 'mapOrList' : other === 'list' ? 'textOrList' : 'textOrMap')
