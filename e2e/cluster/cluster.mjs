// npm run cluster -- [--dockerd PATH | --root DIR]     (root; three Docker engines as three machines: docs/scaling.md)
// --dockerd: where it is, when not on the PATH; --root: a root file system that has Docker in it, such as debootstrap makes. Debian: apt-get install docker.io
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { continueUnderProjectNode } from '../../scripts/node.mjs'

await continueUnderProjectNode()
const { values } = parseArgs({ options: { dockerd: { type: 'string' }, root: { type: 'string' } } })
const onPath = (name) => (process.env['PATH'] ?? '').split(':').concat('/usr/sbin', '/sbin').map((folder) => join(folder, name)).find(isProgram)
const dockerd = values.root ? '/usr/sbin/dockerd' : values.dockerd ? resolve(values.dockerd) : onPath('dockerd')
const missing = [
  process.geteuid?.() !== 0 && 'It makes network namespaces: run it as root.',
  !(dockerd && (values.root ? existsSync(join(values.root, dockerd)) : isProgram(dockerd))) && 'There is no dockerd. Install Docker (Debian: apt-get install docker.io), or say where it is: npm run cluster -- --dockerd PATH, or --root DIR.',
  !readdirSync('/sys/fs/cgroup').length && 'No control groups are mounted at /sys/fs/cgroup, and Docker needs them. `ip netns exec` hides them: `nsenter --net=/run/netns/NAME` does not.',
  !onPath('ip') && 'It needs ip (Debian: apt-get install iproute2).',
].filter(Boolean)
if (missing.length > 0) {
  console.error(missing.join('\n'))
  process.exit(2)
}
const environment = { ...process.env, PATH: `${values.root ? '' : `${dirname(dockerd)}:`}${process.env['PATH']}`, SLIPWAY_CLUSTER: dockerd, ...(values.root && { SLIPWAY_CLUSTER_ROOT: resolve(values.root) }) }
const { status } = spawnSync('npx', ['vitest', 'run', '--project', 'e2e', 'e2e/cluster'], { stdio: 'inherit', env: environment, cwd: resolve(import.meta.dirname, '../..') })
process.exit(status ?? 1)

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
