/**
 * Kubeconfigs, as kubectl finds and merges them: the files of KUBECONFIG, or ~/.kube/config; of two entries of one name the first counts. Reading them here
 * lets a file or an entry that is broken be told of while the others are used; signing in by what they say is the client library's (sign-in.ts).
 * https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
 */
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path'
import { parse } from 'yaml'
import type { KubernetesContexts } from '#shared/contract/kubernetes-apply.ts'
import { EngineError, messageOf } from '#shared/errors.ts'

export interface ClusterEntry {
  name: string
  server: string
  caFile?: string
  caData?: string
  skipTLSVerify: boolean
  tlsServerName?: string
  proxyUrl?: string
}
export interface UserEntry {
  name: string
  certFile?: string
  certData?: string
  keyFile?: string
  keyData?: string
  token?: string
  username?: string
  password?: string
  impersonateUser?: string
  exec?: ExecEntry
  authProvider?: unknown
}
/** A program that signs in: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins */
export interface ExecEntry {
  apiVersion?: string
  command: string
  args?: string[]
  env?: { name: string; value: string }[]
  installHint?: string
  provideClusterInfo?: boolean
}
interface ContextEntry {
  name: string
  cluster: string
  user: string
  namespace?: string
}
export interface Kubeconfig extends KubernetesContexts {
  clusters: Map<string, ClusterEntry>
  users: Map<string, UserEntry>
}

type Raw = Record<string, unknown>

export function kubeconfigFiles(environment: NodeJS.ProcessEnv = process.env): string[] {
  const files = (environment['KUBECONFIG'] ?? '').split(delimiter).filter(Boolean)
  return files.length > 0 ? [...new Set(files)] : [join(environment['HOME'] || homedir(), '.kube', 'config')]
}

/** Never throws: what cannot be used is among the problems. A file that is not there is none. */
export async function readKubeconfig(files: readonly string[] = kubeconfigFiles()): Promise<Kubeconfig> {
  const config: Kubeconfig = { contexts: [], files: [...files], problems: [], clusters: new Map(), users: new Map() }
  const contexts = new Map<string, { file: string; entry: ContextEntry }>()
  for (const file of files) {
    try {
      const raw = parse(await readFile(file, 'utf8')) as Raw | null
      if (raw === null) continue
      if (typeof raw !== 'object') throw new Error('it is no kubeconfig')
      const folder = dirname(resolve(file))
      for (const [name, value] of named(raw['clusters'], 'cluster')) if (!config.clusters.has(name)) config.clusters.set(name, clusterOf(name, value, folder))
      for (const [name, value] of named(raw['users'], 'user')) if (!config.users.has(name)) config.users.set(name, userOf(name, value, folder))
      for (const [name, value] of named(raw['contexts'], 'context')) if (!contexts.has(name)) contexts.set(name, { file, entry: { name, cluster: String(value['cluster'] ?? ''), user: String(value['user'] ?? ''), ...(value['namespace'] !== undefined && { namespace: String(value['namespace']) }) } })
      if (config.current === undefined && typeof raw['current-context'] === 'string' && raw['current-context'] !== '') config.current = raw['current-context']
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') config.problems.push({ file, reason: (messageOf(error).split('\n')[0] ?? '').replace(/:$/, '') })
    }
  }
  for (const { file, entry } of contexts.values()) {
    const cluster = config.clusters.get(entry.cluster)
    if (!cluster?.server) config.problems.push({ file, reason: `context ${entry.name}: no cluster named ${entry.cluster || '(none)'} with a server` })
    else config.contexts.push({ ...entry, server: cluster.server })
  }
  return config
}

/** `[{ name, cluster: {…} }]`; what has no name is no entry. */
function named(list: unknown, key: string): [string, Raw][] {
  return (Array.isArray(list) ? (list as (Raw | null)[]) : []).flatMap((entry): [string, Raw][] => (typeof entry?.['name'] === 'string' ? [[entry['name'], (entry[key] ?? {}) as Raw]] : []))
}
const said = <Fields extends object>(fields: Fields): Fields => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null && value !== '')) as Fields
const word = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)
const path = (value: unknown, folder: string) => (typeof value === 'string' && value !== '' ? resolve(folder, value) : undefined)

function clusterOf(name: string, raw: Raw, folder: string): ClusterEntry {
  const server = (word(raw['server']) ?? '').replace(/\/+$/, '')
  return said({ name, server, caFile: path(raw['certificate-authority'], folder), caData: word(raw['certificate-authority-data']), skipTLSVerify: raw['insecure-skip-tls-verify'] === true, tlsServerName: word(raw['tls-server-name']), proxyUrl: word(raw['proxy-url']) })
}

function userOf(name: string, raw: Raw, folder: string): UserEntry {
  const tokenFile = path(raw['tokenFile'], folder)
  const exec = raw['exec'] as ExecEntry | undefined
  return said({
    name,
    certFile: path(raw['client-certificate'], folder),
    certData: word(raw['client-certificate-data']),
    keyFile: path(raw['client-key'], folder),
    keyData: word(raw['client-key-data']),
    token: word(raw['token']),
    username: word(raw['username']),
    password: word(raw['password']),
    impersonateUser: word(raw['as']),
    // A program's path with a slash in it is the kubeconfig's neighbour; a bare name is looked for on the path.
    exec: exec?.command ? { ...exec, command: exec.command.includes('/') && !isAbsolute(exec.command) ? resolve(folder, exec.command) : exec.command } : undefined,
    authProvider: raw['auth-provider'] ?? (tokenFile === undefined || word(raw['token']) ? undefined : { name: 'tokenFile', config: { tokenFile } }),
  })
}

/** @throws when there is no such context, or it cannot be used */
export function contextOf(config: Kubeconfig, name: string): { cluster: ClusterEntry; user: UserEntry } {
  const context = config.contexts.find((each) => each.name === name)
  const cluster = context && config.clusters.get(context.cluster)
  if (!context || !cluster) throw new EngineError('not-found', `No kubeconfig has a context named ${name}.`, { reason: 'no-context', field: 'context', hint: `It was looked for in ${config.files.join(', ')}.` })
  return { cluster, user: config.users.get(context.user) ?? { name: context.user } }
}
