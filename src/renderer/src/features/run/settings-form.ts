import type { ContainerSettings, FurtherSettings, NetworkJoin } from '#shared/contract/container-settings.ts'
import type { MountRequest, PortMapping } from '#shared/contract/containers.ts'
import { splitVariable } from '../containers/environment.ts'
import { furtherParts, readFurther, toFurther, type FurtherForm } from './further-form.ts'
import { emptyForm, mountRow, networkRow, pairRow, portRow, toJoin, toLimits, toMapping, toMount, toRestart, variableRow, type RunForm } from './run-form.ts'
import { joinWords, splitWords } from './words.ts'

/** A container's settings as they are typed. What the image itself says of the environment is marked. */
export function formOf(settings: ContainerSettings, imageEnvironment: readonly string[] = []): RunForm {
  const { limits, restart } = settings
  return {
    ...emptyForm(settings.image),
    name: settings.name,
    command: joinWords(settings.command),
    entrypoint: joinWords(settings.entrypoint),
    ports: settings.ports.map(portText),
    publishAll: settings.publishAll,
    mounts: settings.mounts.map(mountText),
    variables: settings.environment.map((line) => ({ ...variableRow(splitVariable(line)), ...(imageEnvironment.includes(line) && { fromImage: splitVariable(line).value }) })),
    restart: restart.policy,
    restartRetries: restart.maximumRetries?.toString() ?? '',
    workingDirectory: settings.workingDirectory,
    user: settings.user,
    hostname: settings.hostname,
    networkMode: settings.networkMode ?? '',
    networks: settings.networks.map(joinText),
    memoryMegabytes: limits.memoryBytes === undefined ? '' : String(limits.memoryBytes / 1_048_576),
    cpus: limits.cpus?.toString() ?? '',
    pids: limits.pids?.toString() ?? '',
    labels: Object.entries(settings.labels).map(([name, value]) => pairRow({ name, value })),
    tty: settings.tty,
    interactive: settings.interactive,
    ...readFurther(settings),
  }
}

const parts: { [Key in Exclude<keyof ContainerSettings, keyof FurtherSettings>]-?: { typed: (keyof RunForm)[]; write: (form: RunForm) => ContainerSettings[Key] } } = {
  name: { typed: ['name'], write: ({ name }) => name.trim() },
  image: { typed: ['image'], write: ({ image }) => image.trim() },
  command: { typed: ['command'], write: ({ command }) => splitWords(command) },
  entrypoint: { typed: ['entrypoint'], write: ({ entrypoint }) => splitWords(entrypoint) },
  environment: { typed: ['variables'], write: ({ variables }) => variables.filter(({ name }) => name.trim() !== '').map(({ name, value }) => `${name.trim()}=${value}`) },
  workingDirectory: { typed: ['workingDirectory'], write: ({ workingDirectory }) => workingDirectory.trim() },
  user: { typed: ['user'], write: ({ user }) => user.trim() },
  hostname: { typed: ['hostname'], write: ({ hostname }) => hostname.trim() },
  tty: { typed: ['tty'], write: ({ tty }) => tty },
  interactive: { typed: ['interactive'], write: ({ interactive }) => interactive },
  ports: { typed: ['ports'], write: ({ ports }) => ports.filter(({ containerPort }) => containerPort !== '').map(toMapping) },
  publishAll: { typed: ['publishAll'], write: ({ publishAll }) => publishAll },
  mounts: { typed: ['mounts'], write: ({ mounts }) => mounts.filter(({ target }) => target !== '').map(toMount) },
  networkMode: { typed: ['networkMode'], write: ({ networkMode }) => networkMode || undefined },
  networks: { typed: ['networks', 'networkMode'], write: ({ networks, networkMode }) => (networkMode === '' ? networks.filter(({ network }) => network !== '').map(toJoin) : []) },
  restart: { typed: ['restart', 'restartRetries'], write: toRestart },
  limits: { typed: ['memoryMegabytes', 'cpus', 'pids'], write: toLimits },
  labels: { typed: ['labels'], write: ({ labels }) => Object.fromEntries(labels.filter(({ name }) => name !== '').map(({ name, value }) => [name, value])) },
}

/** The settings that are typed. What was not touched is passed on as it was read: text does not say all (a command given as words, a size that is no whole number of MiB). */
export function settingsOf(form: RunForm, original: ContainerSettings): ContainerSettings {
  const untouched = formOf(original)
  const touched = (typed: readonly (keyof RunForm)[]) => typed.some((key) => plain(form[key]) !== plain(untouched[key]))
  const settings: Record<string, unknown> = { ...original }
  for (const [key, { typed, write }] of Object.entries(parts)) if (touched(typed)) settings[key] = write(form)
  const further = toFurther(form)
  for (const [key, typed] of Object.entries(furtherParts) as [keyof FurtherSettings, (keyof FurtherForm)[]][]) if (touched(typed)) settings[key] = further[key]
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as unknown as ContainerSettings
}

/** Rows have keys of their own and marks that are no setting. */
const plain = (value: unknown): string => JSON.stringify(value, (key, each: unknown) => (key === 'key' || key === 'fromImage' ? undefined : each))

const portText = ({ hostIp = '', hostPort, containerPort, protocol }: PortMapping) => portRow({ hostIp, hostPort: hostPort?.toString() ?? '', containerPort: String(containerPort), protocol })
const mountText = (mount: MountRequest) => (mount.kind === 'tmpfs' ? mountRow({ kind: 'tmpfs', target: mount.target }) : mountRow({ kind: mount.kind, source: mount.source ?? '', target: mount.target, readOnly: mount.readOnly ?? false }))
const joinText = (join: NetworkJoin) => networkRow({ network: join.network, aliases: (join.aliases ?? []).join(' '), ipv4: join.ipv4 ?? '', ipv6: join.ipv6 ?? '', mac: join.mac ?? '', kept: { driverOptions: join.driverOptions, gatewayPriority: join.gatewayPriority } })
