import { glob, readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import type { SshHop, SshHostOffer } from '#shared/contract/connections.ts'

/** One `Host` and what it says; names are in small letters, the first value of each counts. */
interface Section {
  patterns: string[]
  values: Map<string, string>
}
export type SshConfig = readonly Section[]

/** Files that include one another, at most. */
const deepest = 16

/** Hosts of the user's configuration that have a name of their own, as ssh itself would reach them. Those behind more than one jump host are left out. */
export async function findSshHosts(path = join(homedir(), '.ssh/config')): Promise<SshHostOffer[]> {
  const config = readSections((await readLines(path)).join('\n'))
  return aliasesOf(config).flatMap((alias) => {
    const target = resolveHost(config, alias)
    return target ? [{ alias, target }] : []
  })
}

async function readLines(path: string, depth = 0): Promise<string[]> {
  if (depth > deepest) return []
  const text = await readFile(path, 'utf8').catch(() => '')
  const lines = await Promise.all(text.split('\n').map((line) => readLine(line, dirname(path), depth)))
  return lines.flat()
}

/** What is included stands where it is included. https://man.openbsd.org/ssh_config#Include */
async function readLine(line: string, folder: string, depth: number): Promise<string[]> {
  const [keyword, value] = wordsOf(line)
  if (keyword !== 'include' || value === undefined) return [line]
  const patterns = splitWords(value).map((pattern) => (isAbsolute(expand(pattern)) ? expand(pattern) : join(folder, pattern)))
  const found = await Promise.all(patterns.map(async (pattern) => (await Array.fromAsync(glob(pattern))).sort()))
  return (await Promise.all(found.flat().map((path) => readLines(path, depth + 1)))).flat()
}

/** `Match` sections depend on the moment and are passed over. */
export function readSections(text: string): SshConfig {
  let current: Section = { patterns: ['*'], values: new Map() }
  const sections = [current]
  for (const line of text.split('\n')) {
    const [keyword, value] = wordsOf(line)
    if (keyword === undefined || value === undefined) continue
    if (keyword === 'host' || keyword === 'match') sections.push((current = { patterns: keyword === 'host' ? splitWords(value) : [], values: new Map() }))
    else if (!current.values.has(keyword)) current.values.set(keyword, splitWords(value).join(' '))
  }
  return sections
}

export const aliasesOf = (config: SshConfig): string[] => [...new Set(config.slice(1).flatMap(({ patterns }) => patterns.filter((pattern) => !/[*?!]/.test(pattern))))]

/** Undefined for what we cannot do as ssh would. */
export function resolveHost(config: SshConfig, alias: string): SshHostOffer['target'] | undefined {
  const proxy = valueOf(config, alias, 'proxyjump')
  const jumps = proxy === undefined || proxy === 'none' ? [] : proxy.split(',')
  if (jumps.length > 1 || (valueOf(config, alias, 'proxycommand') ?? 'none') !== 'none') return undefined
  const jump = jumps[0] === undefined ? undefined : readHop(config, jumps[0])
  return { kind: 'ssh', ...hopOf(config, alias), ...(jump && { jump }) }
}

/** `user@host:port`, where the host may be a name of the configuration. */
function readHop(config: SshConfig, text: string): SshHop {
  const [, user, host = text, port] = /^(?:ssh:\/\/)?(?:([^@]+)@)?(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(text) ?? []
  return { ...hopOf(config, host.replace(/^\[|\]$/g, '')), ...(user !== undefined && { user }), ...(port !== undefined && { port: Number(port) }) }
}

function hopOf(config: SshConfig, alias: string): SshHop {
  const value = (keyword: string) => valueOf(config, alias, keyword)
  const [port, user, key] = [value('port'), value('user'), value('identityfile')]
  const usable = key !== undefined && !key.replaceAll('%d', '').includes('%')
  return { host: (value('hostname') ?? '%h').replaceAll('%h', alias), ...(port !== undefined && { port: Number(port) }), ...(user !== undefined && { user }), ...(usable && { keyFile: expand(key.replaceAll('%d', homedir())) }) }
}

const valueOf = (config: SshConfig, alias: string, keyword: string): string | undefined => config.find(({ patterns, values }) => values.has(keyword) && matches(patterns, alias))?.values.get(keyword)

function matches(patterns: readonly string[], alias: string): boolean {
  const fits = (pattern: string) => new RegExp(`^${pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.')}$`).test(alias)
  return !patterns.some((pattern) => pattern.startsWith('!') && fits(pattern.slice(1))) && patterns.some((pattern) => !pattern.startsWith('!') && fits(pattern))
}

/** Keyword and the rest; between them stands white space or one equals sign. */
function wordsOf(line: string): [keyword?: string, value?: string] {
  const [, keyword, value] = /^\s*([A-Za-z]+)(?:\s*=\s*|\s+)(.*?)\s*$/.exec(line) ?? []
  return keyword === undefined || value === undefined || value === '' ? [] : [keyword.toLowerCase(), value]
}

const splitWords = (text: string): string[] => [...text.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
const expand = (path: string) => (path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path)
