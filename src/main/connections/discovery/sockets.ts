import { access, constants, realpath, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { SocketOffer } from '#shared/contract/connections.ts'

type Candidate = Omit<SocketOffer, 'usable'>

/** Where engines of this machine have their sockets, by their own documentation. */
function candidates(): Candidate[] {
  const run = process.env['XDG_RUNTIME_DIR'] || `/run/user/${process.getuid?.() ?? 0}`
  const home = homedir()
  return [
    { product: 'Docker', owner: 'system', socketPath: '/var/run/docker.sock' },
    { product: 'Docker', owner: 'user', socketPath: join(run, 'docker.sock') },
    { product: 'Docker', owner: 'user', socketPath: join(home, '.docker/desktop/docker.sock') },
    { product: 'Docker', owner: 'user', socketPath: join(home, '.docker/run/docker.sock') },
    { product: 'Podman', owner: 'system', socketPath: '/run/podman/podman.sock' },
    { product: 'Podman', owner: 'user', socketPath: join(run, 'podman/podman.sock') },
    { product: 'Slipway', owner: 'system', socketPath: '/run/slipway/docker.sock' },
    { product: 'Slipway', owner: 'user', socketPath: join(run, 'slipway/docker.sock') },
  ]
}

/** Those that are there. One that leads to another (Podman's stand-in for Docker's) is told once. */
export async function findSockets(places: readonly Candidate[] = candidates()): Promise<SocketOffer[]> {
  const found = new Map<string, SocketOffer>()
  for (const place of places) {
    const real = await realpath(place.socketPath).catch(() => undefined)
    if (real === undefined || !(await stat(real)).isSocket()) continue
    const usable = await access(real, constants.R_OK | constants.W_OK).then(() => true, () => false)
    const before = found.get(real)
    if (!before || place.socketPath === real) found.set(real, { ...place, usable })
  }
  return [...found.values()]
}
