import { architectureOf, formatPlatform, parsePlatform, type Platform } from '#shared/oci/platform.ts'
import type { BuildRun, Step } from './build-run.ts'
import type { BaseImage } from './needs.ts'

/** The image behind FROM: local unless --pull, fetched with the credentials that the client sent. */
export async function fetchImage(run: BuildRun, name: string, platform: string | undefined, emit: Step['emit']): Promise<BaseImage> {
  const { context, request, lease, signal } = run
  const mayPull = request.pull || platform !== undefined || !(await context.images.find(name))
  const auth = authFor(name, request.auths) ?? (mayPull ? await request.client?.credentials(registryOf(name) ?? 'docker.io') : undefined)
  const options = {
    ...(platform ? { platform: parsePlatform(platform, architectureOf(process.arch)) } : {}),
    ...(auth ? { auth } : {}),
    lease,
    signal,
    onProgress: (progress: { id?: string; status: string; current?: number; total?: number }) => emit({ progress }),
  }
  if (request.pull) await context.images.pull(name, options)
  const image = await context.images.ensure(name, options)
  lease.hold(image.id)
  if (image.chain) lease.hold(image.chain)
  return image
}

/** The predefined platform arguments: https://docs.docker.com/reference/dockerfile/#automatic-platform-args-in-the-global-scope */
export function platformArguments(build: Platform, target: Platform): Record<string, string> {
  const of = (prefix: string, platform: Platform) => ({ [`${prefix}PLATFORM`]: formatPlatform(platform), [`${prefix}OS`]: platform.os, [`${prefix}ARCH`]: platform.architecture, [`${prefix}VARIANT`]: platform.variant ?? '' })
  return { ...of('BUILD', build), ...of('TARGET', target) }
}

const DOCKER_HUB = ['https://index.docker.io/v1/', 'index.docker.io', 'docker.io']

function registryOf(name: string): string | undefined {
  const first = name.split('/')[0]!
  return name.includes('/') && /[.:]|^localhost$/.test(first) ? first : undefined
}

function authFor(name: string, auths: BuildRun['request']['auths']) {
  const registry = registryOf(name)
  return (registry ? [registry, `https://${registry}`, `https://${registry}/v1/`] : DOCKER_HUB).map((key) => auths[key]).find(Boolean)
}
