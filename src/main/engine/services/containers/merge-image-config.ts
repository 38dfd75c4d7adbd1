import { posix } from 'node:path'
import type { ContainerDefaults, Healthcheck } from '#shared/oci/image-config.ts'
import type { ContainerConfig } from './config.ts'

/** What the user asked for, and from the image what the user left open. An entrypoint of the user's drops the image's command. */
export function mergeImageConfig(asked: ContainerConfig, image: ContainerDefaults): ContainerConfig {
  const ownEntrypoint = asked.Entrypoint !== undefined && asked.Entrypoint !== null
  const Cmd = nonEmpty(asked.Cmd) ?? (ownEntrypoint ? null : (nonEmpty(image.Cmd) ?? null))
  const Entrypoint = ownEntrypoint ? clearedEntrypoint(asked.Entrypoint) : (nonEmpty(image.Entrypoint) ?? null)
  const Healthcheck = mergeHealthcheck(asked.Healthcheck, image.Healthcheck)
  return {
    ...asked,
    User: asked.User || image.User || '',
    ExposedPorts: { ...image.ExposedPorts, ...asked.ExposedPorts },
    Env: mergeEnvironment(asked.Env ?? [], image.Env ?? []),
    Cmd,
    Entrypoint,
    WorkingDir: cleanPath(asked.WorkingDir || image.WorkingDir || ''),
    Labels: { ...image.Labels, ...asked.Labels },
    Volumes: { ...image.Volumes, ...asked.Volumes },
    OnBuild: asked.OnBuild ?? null,
    StopSignal: asked.StopSignal || image.StopSignal,
    Shell: asked.Shell ?? image.Shell,
    ...(Healthcheck ? { Healthcheck } : {}),
  }
}

/** Without a slash at the end, without `.` and `..`. */
const cleanPath = (path: string) => (path === '' ? '' : posix.normalize(path).replace(/(?<=.)\/$/, ''))

const nonEmpty = (list: string[] | null | undefined) => (list && list.length > 0 ? list : undefined)

/** `--entrypoint ""` comes as one empty string and means none. */
const clearedEntrypoint = (list: string[] | null | undefined) => (list?.length === 1 && list[0] === '' ? null : (nonEmpty(list) ?? null))

function mergeEnvironment(asked: string[], image: string[]): string[] {
  const nameOf = (entry: string) => entry.split('=', 1)[0]
  const names = new Set(asked.map(nameOf))
  return [...asked, ...image.filter((entry) => !names.has(nameOf(entry)))]
}

function mergeHealthcheck(asked: Healthcheck | undefined, image: Healthcheck | undefined): Healthcheck | undefined {
  if (!asked) return image
  const own = Object.fromEntries(Object.entries(asked).filter(([, value]) => value && !(Array.isArray(value) && value.length === 0)))
  return { ...image, ...own }
}
