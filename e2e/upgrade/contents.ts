import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { TestEngine } from '../fixtures/engine.ts'
import { buildLayer, writeLayout } from '../fixtures/images.ts'
import type { TestRegistry } from '../fixtures/registry.ts'

/** Images hold no program, so that a data root that is kept is small and of no architecture: containers have this machine's. */
const PROGRAM = ['-v', '/bin/busybox:/bin/busybox:ro']
/** Runs on, and ends at once when it is told to. */
const WAITS = 'trap "exit 0" TERM; while :; do sleep 0.2; done'
const SETTINGS = '--init --read-only --tmpfs /t:size=1m --cap-drop ALL --cap-add CHOWN --ulimit nofile=99:199 -u 65534:65534 --stop-signal INT --stop-timeout 1 --hostname still --env A=b --label l=1 --memory 64m --dns 192.0.2.53 --add-host far:192.0.2.1 --sysctl net.ipv4.ip_forward=0 --log-opt max-size=10k --log-opt max-file=2 --security-opt no-new-privileges --health-cmd true --health-interval 9s'

/** Gives an engine one of everything that users entrust to it. The names are those that {@link tell} and the tests ask for. */
export async function fill({ ok }: Pick<TestEngine, 'ok'>, registry: TestRegistry, folder: string): Promise<void> {
  const pulled = await pushImage(registry, folder)
  await ok('pull', '-q', pulled)
  await ok('tag', pulled, 'letters:1')
  await ok('build', '-q', '-t', 'built:1', await writeContext(folder))
  await ok('volume', 'create', '--label', 'keep=yes', 'letters')
  await ok('network', 'create', '--subnet', '10.201.7.0/24', '--label', 'n=1', 'lane')
  await ok('network', 'create', '--internal', 'yard')
  const run = (name: string, ...words: string[]) => ok('run', '--name', name, ...PROGRAM, ...words)
  await run('site', '-d', '--restart', 'unless-stopped', '--stop-timeout', '0', '-p', '127.0.0.1::8080', '--network', 'lane', '--ip', '10.201.7.77', '--network-alias', 'page', 'letters:1', 'httpd', '-f', '-p', '8080', '-h', '/srv')
  await run('clerk', '-d', '-v', 'letters:/letters', '--network', 'lane', 'letters:1', 'sh', '-c', `echo dear > /letters/first; echo ready; ${WAITS}`)
  await ok('network', 'connect', '--alias', 'scribe', 'yard', 'clerk')
  await run('ended', 'letters:1', 'sh', '-c', 'echo out; echo err >&2; rm /srv/old; echo made > /made; exit 0')
  await ok('commit', '-m', 'one more, one less', 'ended', 'committed:1')
  await ok('create', '--name', 'idle', ...SETTINGS.split(' '), ...PROGRAM, 'letters:1', 'sh', '-c', WAITS)
  await run('heir', '-d', 'built:1')
  await ok('exec', 'clerk', 'sh', '-c', 'echo kept > /kept')
}

/** `letters`, of two layers. @returns its name at the registry */
async function pushImage(registry: TestRegistry, folder: string): Promise<string> {
  const bottom = await buildLayer((archive) => {
    for (const name of ['bin', 'srv', 'tmp', 'proc', 'sys', 'dev', 'etc']) archive.entry({ name, type: 'directory', mode: 0o755 })
    for (const name of ['sh', 'httpd', 'cat', 'sleep', 'rm', 'nslookup', 'ls']) archive.entry({ name: `bin/${name}`, type: 'symlink', linkname: 'busybox' })
    archive.entry({ name: 'srv/index.html', mode: 0o644 }, 'a page\n')
    for (const name of ['old', 'gone']) archive.entry({ name: `srv/${name}`, mode: 0o600, uid: 7, gid: 8 }, `${name}\n`)
  })
  const top = await buildLayer((archive) => archive.entry({ name: 'srv/.wh.gone', mode: 0o644 }, ''))
  await writeLayout(join(folder, 'letters'), [bottom, top], { Env: ['PATH=/bin'], Cmd: ['sh'], Labels: { of: 'letters' } })
  await registry.push(join(folder, 'letters'), 'x', 'letters:1')
  return `${registry.host}/letters:1`
}

export async function writeContext(folder: string): Promise<string> {
  const context = join(folder, 'context')
  await mkdir(join(context, 'seed'), { recursive: true })
  await writeFile(join(context, 'seed/grain'), 'grain\n')
  await writeFile(join(context, 'Dockerfile'), `FROM letters:1\nENV A=1 B="two words"\nLABEL who=me\nCOPY seed /seed\nVOLUME /seed\nWORKDIR /seed\nHEALTHCHECK --interval=1h CMD cat /seed/grain\nCMD ["sh", "-c", ${JSON.stringify(WAITS)}]\n`)
  return context
}

type Inspected = Record<string, unknown> & { Name?: string; RepoTags?: string[]; NetworkSettings: { Networks: Record<string, Record<string, unknown>> } }
export type Told = Record<'containers' | 'networks' | 'volumes' | 'images', Record<string, unknown>>

/** What the engine says of all that, less what differs from one moment, folder or machine to another. */
export async function tell({ ok, dataRoot }: Pick<TestEngine, 'ok' | 'dataRoot'>): Promise<Told> {
  const inspect = async (kind: string, ids: string) => (ids === '' ? [] : (JSON.parse((await ok('inspect', '--type', kind, ...ids.split('\n'))).replaceAll(dataRoot, 'DATA')) as Inspected[]))
  const [containers, networks, volumes, images] = await Promise.all([
    inspect('container', await ok('ps', '-aq')),
    inspect('network', await ok('network', 'ls', '-qf', 'type=custom')),
    inspect('volume', await ok('volume', 'ls', '-q')),
    inspect('image', [...new Set((await ok('images', '-aq', '--no-trunc')).split('\n'))].join('\n')),
  ])
  const keyed = (list: Inspected[], key: string, keep: (one: Inspected) => unknown) => Object.fromEntries(list.map((one) => [String(one[key]), keep(one)]))
  return {
    containers: keyed(containers, 'Name', (one) => ({ ...pick(one, ['Id', 'Created', 'Path', 'Args', 'Image', 'Config', 'HostConfig', 'Mounts', 'RestartCount']), networks: Object.fromEntries(Object.entries(one.NetworkSettings.Networks).map(([name, endpoint]) => [name, pick(endpoint, ['IPAMConfig', 'Aliases'])])) })),
    networks: keyed(networks, 'Name', ({ Containers: _containers, ...rest }) => rest),
    volumes: keyed(volumes, 'Name', (one) => one),
    images: keyed(images, 'Id', (one) => pick(one, ['RepoTags', 'RepoDigests', 'Created', 'Comment', 'Architecture', 'Config', 'RootFS', 'Size'])),
  }
}

const pick = (one: Record<string, unknown>, fields: string[]) => Object.fromEntries(fields.map((field) => [field, one[field]]))

/** With what only tar of GNU keeps: owners as numbers, devices, and overlayfs's attributes. */
export const packTree = (folder: string, archive: string) => promisify(execFile)('tar', ['--create', '--gzip', '--xattrs', '--xattrs-include=*', '--numeric-owner', '--sparse', '--sort=name', '--file', archive, '-C', folder, '.'])
export const unpackTree = (archive: string, folder: string) => promisify(execFile)('tar', ['--extract', '--gzip', '--xattrs', '--xattrs-include=*', '--numeric-owner', '--same-owner', '--same-permissions', '--file', archive, '-C', folder])
