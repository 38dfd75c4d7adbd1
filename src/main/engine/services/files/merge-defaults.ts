import type { ContainerDefaults, Healthcheck } from '#shared/oci/image-config.ts'

const isEmpty = (value: object | null | undefined) => !value || Object.keys(value).length === 0

/**
 * What an image committed from a container does by default: what was asked for, completed with what the container was given, by Docker's rules. An
 * entrypoint of its own brings its own command; variables, labels, ports and volumes add up.
 */
export function mergeDefaults(asked: ContainerDefaults, container: ContainerDefaults): ContainerDefaults {
  const ownEntrypoint = !isEmpty(asked.Entrypoint)
  const Cmd = !ownEntrypoint && isEmpty(asked.Cmd) ? container.Cmd : asked.Cmd
  const merged: ContainerDefaults = {
    User: asked.User || container.User,
    ExposedPorts: union(container.ExposedPorts, asked.ExposedPorts),
    Env: mergeEnvironment(asked.Env ?? [], container.Env ?? []),
    Cmd,
    ...(!ownEntrypoint && isEmpty(asked.Cmd) && container.ArgsEscaped !== undefined && { ArgsEscaped: container.ArgsEscaped }),
    Entrypoint: asked.Entrypoint ?? container.Entrypoint,
    Volumes: union(container.Volumes, asked.Volumes),
    WorkingDir: asked.WorkingDir || container.WorkingDir,
    Labels: union(container.Labels, asked.Labels),
    StopSignal: asked.StopSignal || container.StopSignal,
    Healthcheck: mergeHealthcheck(asked.Healthcheck, container.Healthcheck),
    OnBuild: asked.OnBuild,
    Shell: asked.Shell ?? container.Shell,
  }
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined && value !== null)) as ContainerDefaults
}

const union = <Value>(one: Record<string, Value> | null | undefined, other: Record<string, Value> | null | undefined) => (isEmpty(one) && isEmpty(other) ? undefined : { ...one, ...other })

function mergeEnvironment(asked: readonly string[], container: readonly string[]): string[] {
  const nameOf = (pair: string) => pair.split('=', 1)[0]!
  const names = new Set(asked.map(nameOf))
  return [...asked, ...container.filter((pair) => !names.has(nameOf(pair)))]
}

function mergeHealthcheck(asked: Healthcheck | undefined, container: Healthcheck | undefined): Healthcheck | undefined {
  if (!asked || !container) return asked ?? container
  const given = Object.fromEntries(Object.entries(asked).filter(([name, value]) => (name === 'Test' ? (value as string[]).length > 0 : value)))
  return { ...container, ...given }
}
