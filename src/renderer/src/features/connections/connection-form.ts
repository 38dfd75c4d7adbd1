import type { ConnectionDraft, ConnectionSecrets, HostKeys, SavedConnection, SavedTarget, SshHop } from '#shared/contract/connections.ts'

/** A machine as its fields say it. */
export interface HopForm {
  host: string
  port: string
  user: string
  keyFile: string
  password: string
  passphrase: string
}
export interface ConnectionForm {
  kind: SavedTarget['kind']
  name: string
  colour: number | undefined
  ssh: HopForm
  remoteSocket: string
  jumps: boolean
  jump: HopForm
  host: string
  port: string
  encrypted: boolean
  ca: string
  certificate: string
  key: string
  serverName: string
  socketPath: string
  hostKeys: HostKeys
}
export type FormProblems = Partial<Record<'name' | 'ssh.host' | 'ssh.port' | 'jump.host' | 'jump.port' | 'host' | 'port' | 'socketPath', 'missing' | 'port' | 'path'>>

const noHop = (): HopForm => ({ host: '', port: '', user: '', keyFile: '', password: '', passphrase: '' })
const hopForm = ({ host, port, user = '', keyFile = '' }: SshHop): HopForm => ({ ...noHop(), host, port: port === undefined ? '' : String(port), user, keyFile })

export function formOf({ name = '', colour, target = { kind: 'ssh', host: '' }, hostKeys = {} }: Partial<SavedConnection> = {}): ConnectionForm {
  const ssh = target.kind === 'ssh' ? target : undefined
  const tcp = target.kind === 'tcp' ? target : undefined
  return {
    kind: target.kind, name, colour, hostKeys,
    ssh: ssh ? hopForm(ssh) : noHop(),
    remoteSocket: ssh?.socketPath ?? '',
    jumps: ssh?.jump !== undefined,
    jump: ssh?.jump ? hopForm(ssh.jump) : noHop(),
    host: tcp?.host ?? '',
    port: String(tcp?.port ?? 2376),
    encrypted: tcp ? tcp.tls !== undefined : true,
    ca: tcp?.tls?.ca ?? '', certificate: tcp?.tls?.certificate ?? '', key: tcp?.tls?.key ?? '', serverName: tcp?.tls?.serverName ?? '',
    socketPath: target.kind === 'socket' ? target.socketPath : '',
  }
}

const isPort = (text: string) => /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535

export function problemsOf(form: ConnectionForm): FormProblems {
  const problems: FormProblems = {}
  const need = (field: keyof FormProblems, text: string) => text.trim() === '' && (problems[field] = 'missing')
  const hop = (prefix: 'ssh' | 'jump', { host, port }: HopForm) => {
    need(`${prefix}.host`, host)
    if (port.trim() !== '' && !isPort(port.trim())) problems[`${prefix}.port`] = 'port'
  }
  if (form.kind === 'ssh') {
    hop('ssh', form.ssh)
    if (form.jumps) hop('jump', form.jump)
  } else if (form.kind === 'tcp') {
    need('host', form.host)
    if (!isPort(form.port.trim())) problems.port = 'port'
  } else if (!form.socketPath.trim().startsWith('/')) problems.socketPath = 'path'
  return problems
}

const filled = <Fields extends Record<string, string>>(fields: Fields): Partial<Fields> => Object.fromEntries(Object.entries(fields).flatMap(([key, value]) => (value.trim() === '' ? [] : [[key, value.trim()]]))) as Partial<Fields>

function hopOf({ host, port, user, keyFile }: HopForm): SshHop {
  return { host: host.trim(), ...(port.trim() !== '' && { port: Number(port) }), ...filled({ user, keyFile }) }
}

export function targetOf(form: ConnectionForm): SavedTarget {
  if (form.kind === 'socket') return { kind: 'socket', socketPath: form.socketPath.trim() }
  if (form.kind === 'ssh') return { kind: 'ssh', ...hopOf(form.ssh), ...(form.remoteSocket.trim() !== '' && { socketPath: form.remoteSocket.trim() }), ...(form.jumps && { jump: hopOf(form.jump) }) }
  const { ca, certificate, key, serverName } = form
  return { kind: 'tcp', host: form.host.trim(), port: Number(form.port), ...(form.encrypted && { tls: filled({ ca, certificate, key, serverName }) }) }
}

/** What was typed; what was left empty stays as it is kept. What another way of connecting would need is not kept with this one. */
export function secretsOf({ kind, ssh, jump, jumps }: ConnectionForm): ConnectionSecrets {
  if (kind !== 'ssh') return { password: '', passphrase: '', jumpPassword: '', jumpPassphrase: '' }
  const typed = (fields: Record<string, string>) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''))
  return { ...typed({ password: ssh.password, passphrase: ssh.passphrase }), ...(jumps ? typed({ jumpPassword: jump.password, jumpPassphrase: jump.passphrase }) : { jumpPassword: '', jumpPassphrase: '' }) }
}

/** Where it leads, when nothing better was thought of. */
const usualName = (target: SavedTarget): string => (target.kind === 'socket' ? (target.socketPath.includes('podman') ? 'Podman' : 'Docker') : target.host)

/** Only the keys of hosts that it goes by. */
export function draftOf(form: ConnectionForm): ConnectionDraft {
  const target = targetOf(form)
  const hosts = target.kind === 'ssh' ? [target, ...(target.jump ? [target.jump] : [])].map(({ host, port = 22 }) => `${host}:${port}`) : []
  const hostKeys = Object.fromEntries(Object.entries(form.hostKeys).filter(([host]) => hosts.includes(host)))
  return { name: form.name.trim() || usualName(target), ...(form.colour !== undefined && { colour: form.colour }), target, ...(Object.keys(hostKeys).length > 0 && { hostKeys }), secrets: secretsOf(form) }
}
