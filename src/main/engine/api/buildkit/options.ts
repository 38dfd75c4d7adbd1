import { EngineError } from '#shared/errors.ts'
import type { BuildRequest } from '../../services/builder/builder.ts'
import type { Attributes } from './protocol/messages.ts'

export type BuildOptions = Omit<BuildRequest, 'context' | 'dockerfileText' | 'signal' | 'onMessage' | 'observer' | 'auths' | 'tags' | 'entitlements'>

/** The options of the `dockerfile.v0` front end: https://docs.docker.com/build/building/variables/ and moby/buildkit, frontend/dockerui/config.go. @throws EngineError invalid-argument, not-implemented */
export function decodeOptions(attributes: Attributes): BuildOptions {
  refuseUnknown(attributes)
  const { target, platform } = attributes
  const noCache = attributes['no-cache']
  const shmSize = attributes['shm-size']
  const cgroupParent = attributes['cgroup-parent']
  return {
    dockerfile: attributes['filename'] || 'Dockerfile',
    ...(target && { target }),
    ...(platform && { platform }),
    ...(shmSize && { shmSize: integer('shm-size', shmSize) }),
    ...(cgroupParent && { cgroupParent }),
    buildArgs: withPrefix(attributes, 'build-arg:'),
    labels: withPrefix(attributes, 'label:'),
    noCache: noCache === '',
    ...(noCache && { noCacheStages: noCache.split(',') }),
    pull: attributes['image-resolve-mode'] === 'pull',
    squash: false,
    quiet: false,
    network: networkOf(attributes['force-network-mode'] ?? ''),
    extraHosts: listOf(attributes['add-hosts']).map((pair) => pair.replace('=', ':')),
    limits: {},
    ulimits: listOf(attributes['ulimit']).map(decodeUlimit),
    cacheFrom: [],
  }
}

/** What would be left out silently, to another result than the user asked for. */
function refuseUnknown(attributes: Attributes): void {
  const { platform = '' } = attributes
  if (platform.includes(',')) throw new EngineError('not-implemented', 'building for several platforms at once is not supported by this engine', { hint: 'Name one --platform per build.' })
}

const withPrefix = (attributes: Attributes, prefix: string): Attributes => Object.fromEntries(Object.entries(attributes).flatMap(([name, value]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [])))

const listOf = (text: string | undefined): string[] => (text ?? '').split(',').filter(Boolean)

function networkOf(mode: string): string {
  if (mode === '' || mode === 'sandbox' || mode === 'default') return 'default'
  if (mode === 'host' || mode === 'none') return mode
  throw new EngineError('invalid-argument', `unsupported network mode ${JSON.stringify(mode)}`, { hint: 'A build knows default, host and none.' })
}

/** `nofile=1024:2048`; without the second number both are the first. */
function decodeUlimit(text: string): BuildOptions['ulimits'][number] {
  const [, name, soft, hard] = /^(\w+)=(-?\d+)(?::(-?\d+))?$/.exec(text) ?? []
  if (name === undefined || soft === undefined) throw new EngineError('invalid-argument', `invalid ulimit ${JSON.stringify(text)}`, { field: 'ulimit' })
  return { name, soft: Number(soft), hard: Number(hard ?? soft) }
}

function integer(name: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new EngineError('invalid-argument', `${name} expects an integer, got ${JSON.stringify(text)}`, { field: name })
  return Number(text)
}
