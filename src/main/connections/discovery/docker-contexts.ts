import { access, readdir, readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type { ContextOffer, SavedTarget, TlsFiles } from '#shared/contract/connections.ts'

/** What is used of a context's meta.json. */
interface WireContext {
  Name?: string
  Metadata?: { Description?: string }
  Endpoints?: { docker?: { Host?: string } }
}

/** The contexts of Docker's own client, with the certificates it keeps for them. What cannot be read or reached from here is left out. */
export async function findDockerContexts(folder = join(process.env['DOCKER_CONFIG'] || join(homedir(), '.docker'), 'contexts')): Promise<ContextOffer[]> {
  const entries = await readdir(join(folder, 'meta')).catch(() => [])
  const offers = await Promise.all(entries.map((entry) => readContext(join(folder, 'meta', entry, 'meta.json'), join(folder, 'tls', entry, 'docker'))))
  return offers.flatMap((offer) => offer ?? []).sort((a, b) => (a.name < b.name ? -1 : 1))
}

async function readContext(path: string, tlsFolder: string): Promise<ContextOffer | undefined> {
  try {
    const { Name = basename(dirname(path)), Metadata, Endpoints } = JSON.parse(await readFile(path, 'utf8')) as WireContext
    const target = readEndpoint(Endpoints?.docker?.Host ?? '', await findTlsFiles(tlsFolder))
    return target && { name: Name, ...(Metadata?.Description && { description: Metadata.Description }), target }
  } catch {
    return undefined
  }
}

/** As DOCKER_HOST is written; undefined for pipes of Windows and what is no address. */
export function readEndpoint(text: string, tls?: TlsFiles): SavedTarget | undefined {
  if (text.startsWith('unix://')) return { kind: 'socket', socketPath: text.slice('unix://'.length) }
  const url = URL.parse(text)
  if (!url?.hostname) return undefined
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = url.port === '' ? undefined : Number(url.port)
  if (url.protocol === 'ssh:') {
    const socketPath = url.pathname.length > 1 ? url.pathname : undefined
    return { kind: 'ssh', host, ...(port !== undefined && { port }), ...(url.username && { user: decodeURIComponent(url.username) }), ...(socketPath !== undefined && { socketPath }) }
  }
  if (url.protocol !== 'tcp:' && url.protocol !== 'https:' && url.protocol !== 'http:') return undefined
  const secured = tls ?? (url.protocol === 'https:' || port === 2376 ? {} : undefined)
  return { kind: 'tcp', host, port: port ?? (secured ? 2376 : 2375), ...(secured && { tls: secured }) }
}

async function findTlsFiles(folder: string): Promise<TlsFiles | undefined> {
  const [ca, certificate, key] = await Promise.all(['ca.pem', 'cert.pem', 'key.pem'].map((name) => access(join(folder, name)).then(() => join(folder, name), () => undefined)))
  if (ca === undefined && certificate === undefined && key === undefined) return undefined
  return { ...(ca !== undefined && { ca }), ...(certificate !== undefined && { certificate }), ...(key !== undefined && { key }) }
}
