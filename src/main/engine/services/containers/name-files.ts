import { writeFile } from 'node:fs/promises'
import type { NameFiles } from '../../core/network/sandbox.ts'
import type { ContainersContext } from './context.ts'
import { namingLinks, targetOf } from './links.ts'
import type { ContainerRecord } from './record.ts'
import { isAlive } from './state.ts'

/** Written in place: the container has these very files mounted. */
export async function writeNameFiles(ctx: ContainersContext, id: string, files: NameFiles): Promise<{ hosts: string; resolvConf: string }> {
  const { hostsFile, resolvConfFile } = ctx.layout.container(id)
  await Promise.all([writeFile(hostsFile, files.hosts), writeFile(resolvConfFile, files.resolvConf)])
  return { hosts: hostsFile, resolvConf: resolvConfFile }
}

/** Of a running container, after its networks changed or what it links to has another address. */
export async function rewriteNameFiles(ctx: ContainersContext, id: string): Promise<void> {
  const sandbox = ctx.needs.networks.findSandbox(id)
  if (sandbox) await writeNameFiles(ctx, id, sandbox.files)
}

/** The running containers that know it by a link of the default bridge, which is a line of their hosts file. */
export function linkedBy({ records }: ContainersContext, { id }: ContainerRecord): ContainerRecord[] {
  return records.list().filter((parent) => isAlive(parent.state) && namingLinks(parent).some((link) => records.find(targetOf(link))?.id === id))
}
