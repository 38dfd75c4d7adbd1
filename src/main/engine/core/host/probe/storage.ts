import { accessSync, constants } from 'node:fs'
import { mkdir, mkdtemp, rm, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '#shared/errors.ts'
import type { HostCheck, HostFacts } from '../host.ts'
import type { Probed, ProbeContext } from './probe.ts'
import { installCommand } from './remedy.ts'

type Storage = HostFacts['storage']

/** How snapshots are stacked: by the kernel's overlayfs where one can really be mounted on the data root, else by FUSE, else by copying. */
export async function probeStorage(context: ProbeContext, tools: HostFacts['tools']): Promise<Probed<Storage>> {
  const obstacle = await tryOverlay(context)
  if (obstacle === undefined) return { facts: 'overlay', checks: [{ id: 'overlay', status: 'ok', finding: 'overlayfs works on the data root.' }] }
  const fuse = tools.fuseOverlayfs !== undefined && usable('/dev/fuse')
  const facts = fuse ? 'fuse-overlayfs' : 'copy'
  return { facts, checks: [degraded(obstacle, facts, tools.fuseOverlayfs !== undefined)] }
}

/** Mounts one, and deletes a file of the lower layer through it: that makes a whiteout, the part that fails first where support is half. */
async function tryOverlay({ layout, syscalls, rootless }: ProbeContext): Promise<string | undefined> {
  try {
    await mkdir(layout.temporary, { recursive: true, mode: 0o700 })
    const place = await mkdtemp(join(layout.temporary, 'probe-'))
    try {
      await Promise.all(['lower', 'upper', 'work', 'merged'].map((name) => mkdir(join(place, name))))
      await writeFile(join(place, 'lower', 'file'), '')
      const data = `lowerdir=lower,upperdir=upper,workdir=work${rootless ? ',userxattr' : ''}`
      syscalls.mount({ source: 'overlay', target: 'merged', type: 'overlay', data, cwd: place })
      try {
        await unlink(join(place, 'merged', 'file'))
      } finally {
        syscalls.unmount(join(place, 'merged'), { detach: true })
      }
      return undefined
    } finally {
      await rm(place, { recursive: true, force: true })
    }
  } catch (error) {
    return messageOf(error)
  }
}

function degraded(obstacle: string, storage: Storage, installed: boolean): HostCheck {
  const finding = `overlayfs cannot be mounted on the data root (${obstacle}).`
  const remedy = installed ? 'sudo modprobe fuse && sudo chmod 0666 /dev/fuse' : installCommand(['fuse-overlayfs'])
  if (storage === 'fuse-overlayfs') return { id: 'overlay', status: 'degraded', finding, consequence: 'fuse-overlayfs is used instead; files are slower.', remedy: 'Put the data root on ext4, xfs or btrfs with a kernel of 5.13 or later.' }
  return { id: 'overlay', status: 'degraded', finding, consequence: 'Layers are copied for each container: slow, and much disk space.', remedy }
}

function usable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK)
    return true
  } catch {
    return false
  }
}
