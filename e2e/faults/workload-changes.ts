import { tarOf } from './tar-of.ts'
import type { Deeds } from './workload.ts'

/** Requests that change containers that are there: their ports, their networks, their files, and what runs in them. */
export function changeRequests({ client, call, dice, firstPort, pick, pickRunning }: Deeds): Record<string, () => Promise<boolean>> {
  const facts = (container: string) => client.containers.get(container)!.facts
  const offence = (what: string, reply: { status: number; text: string }) => void client.offences.push(`${what}: ${reply.status} ${reply.text}`)

  async function editPorts(): Promise<boolean> {
    const container = pick(client.containers)
    if (container === undefined || facts(container).network === 'none') return true
    const of = facts(container)
    const port = dice.next() < 0.6 ? firstPort + Number(container.at(-1)) : 0
    const before = of.port
    of.port = undefined
    const reply = await call('PUT', `/slipway/containers/${container}/ports`, { PortBindings: port === 0 ? {} : { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: String(port) }] } })
    if (!reply) return false
    of.port = reply.status < 400 ? port : before
    if (reply.status >= 400) offence(`ports of ${container}`, reply)
    return true
  }

  async function join(): Promise<boolean> {
    const [container, network] = [pick(client.containers), pick(client.networks)]
    if (container === undefined || network === undefined) return true
    const of = facts(container)
    if (of.network === 'none' || of.network === network || of.joined.get(network)) return true
    of.joined.set(network, undefined)
    const reply = await call('POST', `/networks/${network}/connect`, { Container: container })
    if (!reply) return false
    // 403: it is there already, by another kind of name or by an attempt of which no answer came.
    of.joined.set(network, reply.status < 400 || reply.status === 403)
    if (reply.status >= 400 && reply.status !== 403) offence(`${container} joins ${network}`, reply)
    return true
  }

  async function leave(): Promise<boolean> {
    const container = pick(client.containers)
    const network = container === undefined ? undefined : [...facts(container).joined].find(([, is]) => is)?.[0]
    if (container === undefined || network === undefined) return true
    const of = facts(container)
    of.joined.set(network, undefined)
    const reply = await call('POST', `/networks/${network}/disconnect`, { Container: container, Force: true })
    if (!reply) return false
    of.joined.set(network, false)
    return true
  }

  /** A line added to the volume from within the container. */
  async function exec(): Promise<boolean> {
    const container = pickRunning()
    if (container === undefined) return true
    const { volume } = facts(container)
    const told = client.volumes.get(volume)
    const line = `line ${dice.next()}\n`
    const Cmd = told?.exists ? ['sh', '-c', `printf '${line.trim()}\\n' >> /data/content`] : ['true']
    const made = await call('POST', `/containers/${container}/exec`, { Cmd, AttachStdout: true })
    if (!made) return false
    if (made.status !== 201) return true
    if (told?.exists) told.facts.maybe = line
    const { Id } = made.json<{ Id: string }>()
    if (!(await call('POST', `/exec/${Id}/start`, { Detach: false }))) return false
    const shown = await call('GET', `/exec/${Id}/json`)
    if (!shown) return false
    if (shown.status !== 200) return true
    const { ExitCode } = shown.json<{ ExitCode: number | null }>()
    if (ExitCode !== 0) client.offences.push(`exec in ${container}: exit code ${ExitCode}`)
    else if (told?.facts.maybe) {
      told.facts.content += line
      delete told.facts.maybe
    }
    return true
  }

  async function copyIn(): Promise<boolean> {
    const container = pick(client.containers)
    if (container === undefined) return true
    const of = facts(container)
    const content = `copied ${dice.next()}\n`
    const before = of.copied
    of.copied = [...before, content]
    const reply = await call('PUT', `/containers/${container}/archive?path=/root`, tarOf({ copied: content }), { 'Content-Type': 'application/x-tar' })
    if (!reply) return false
    of.copied = reply.status < 400 ? [content] : before
    if (reply.status >= 400) offence(`copy into ${container}`, reply)
    return true
  }

  async function copyOut(): Promise<boolean> {
    const container = pick(client.containers)
    const [content, ...others] = container === undefined ? [] : facts(container).copied
    if (container === undefined || content === undefined || others.length > 0) return true
    const reply = await call('GET', `/containers/${container}/archive?path=/root/copied`)
    if (!reply) return false
    if (!reply.text.includes(content)) offence(`copy out of ${container}`, { ...reply, text: JSON.stringify(reply.text.slice(0, 700).replaceAll('\0', '')) })
    return true
  }

  return { editPorts, join, leave, exec, copyIn, copyOut }
}
