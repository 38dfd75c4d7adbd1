import { readFile, writeFile } from 'node:fs/promises'
import type { Host } from '../host/host.ts'

/**
 * Kernel settings below /proc/sys/net. That tree shows the namespace of whoever opens it, so where bridges live in another
 * namespace than the engine it is written from there, by tee(1).
 */
export async function writeNetSysctl(host: Pick<Host, 'run' | 'networkNamespace'>, names: readonly string[], value: string): Promise<void> {
  const paths = names.map(pathOf)
  if (host.networkNamespace !== undefined) await host.run('tee', paths, { input: value, networkNamespace: 'bridges' })
  else for (const path of paths) await writeFile(path, value)
}

/** A setting of the engine's own namespace; undefined when this kernel has none of that name. */
export const readNetSysctl = async (name: string): Promise<string | undefined> => (await readFile(pathOf(name), 'utf8').catch(() => undefined))?.trim()

/** Names with slashes, because interface names may contain dots: `ipv4/conf/br-1/route_localnet`. */
const pathOf = (name: string) => `/proc/sys/net/${name}`
