import type { RunRequest } from '#shared/contract/containers.ts'
import { nextFreePort, type TakenPort } from '#shared/network/ports.ts'

/** An image with what it needs to be of use: its ports, where its data lies, and a password that nobody has to think of. */
export interface Template {
  id: string
  /** A proper noun, the same in every language. */
  title: string
  image: string
  ports: readonly number[]
  volumes: readonly { name: string; target: string }[]
  environment: Readonly<Record<string, string>>
  /** Variables that get a generated password each. */
  secrets: readonly string[]
  command?: readonly string[]
  hostname?: string
}

/** What is in use already, and is stepped around. */
export interface Taken {
  ports: readonly TakenPort[]
  names: ReadonlySet<string>
  volumes: ReadonlySet<string>
}

/** The template as a request: ports that are free, and a name and volumes that are not another container's. */
export function fromTemplate(template: Template, taken: Taken): { request: RunRequest; secrets: { name: string; value: string }[] } {
  const ports = [...taken.ports]
  const mappings = template.ports.map((containerPort) => {
    const hostPort = nextFreePort({ hostPort: containerPort, protocol: 'tcp' }, ports)
    if (hostPort !== undefined) ports.push({ ip: '', port: hostPort, protocol: 'tcp' })
    return { containerPort, protocol: 'tcp' as const, ...(hostPort !== undefined && { hostPort }) }
  })
  const secrets = template.secrets.map((name) => ({ name, value: password() }))
  const variables = [...Object.entries(template.environment), ...secrets.map(({ name, value }) => [name, value] as const)]
  return {
    secrets,
    request: {
      image: template.image,
      name: unlike(template.id, taken.names),
      ports: mappings,
      mounts: template.volumes.map(({ name, target }) => ({ kind: 'volume', source: unlike(name, taken.volumes), target })),
      environment: variables.map(([name, value]) => `${name}=${value}`),
      restart: { policy: 'unless-stopped' },
      ...(template.command && { command: [...template.command] }),
      ...(template.hostname && { hostname: template.hostname }),
    },
  }
}

function unlike(name: string, taken: ReadonlySet<string>): string {
  let free = name
  for (let number = 2; taken.has(free); number++) free = `${name}-${number}`
  return free
}

const letters = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'

/** 20 letters and digits that are told apart and need no quoting anywhere: 115 bits. Each letter is as likely as any other. */
function password(): string {
  let text = ''
  while (text.length < 20) for (const byte of crypto.getRandomValues(new Uint8Array(32))) if (byte < 256 - (256 % letters.length) && text.length < 20) text += letters[byte % letters.length]
  return text
}
