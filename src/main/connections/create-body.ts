import { furtherBody } from './further-body.ts'
import { joinBody } from './join-body.ts'
import type { MountRequest, PortMapping, RunRequest } from '#shared/contract/containers.ts'

/** The body of POST /containers/create. Bind folders go as Mounts: a missing one is refused instead of being made, as a mistyped path should be. */
export function createBody(request: RunRequest): object {
  const [network] = request.networks ?? []
  const further = furtherBody(request)
  return {
    ...further.config,
    Image: request.image,
    Cmd: request.command,
    Entrypoint: request.entrypoint,
    Env: request.environment,
    WorkingDir: request.workingDirectory,
    User: request.user,
    Hostname: request.hostname,
    Labels: request.labels,
    Tty: request.tty ?? false,
    OpenStdin: request.interactive ?? false,
    StdinOnce: false,
    ExposedPorts: Object.fromEntries((request.ports ?? []).map((port) => [portKey(port), {}])),
    NetworkingConfig: network && request.join ? { EndpointsConfig: { [network]: joinBody(request.join) } } : undefined,
    HostConfig: {
      ...further.host,
      PortBindings: portBindings(request.ports ?? []),
      PublishAllPorts: request.publishAll ?? false,
      Mounts: (request.mounts ?? []).map(mountBody),
      RestartPolicy: request.restart && { Name: request.restart.policy, MaximumRetryCount: request.restart.maximumRetries ?? 0 },
      AutoRemove: request.autoRemove ?? false,
      NetworkMode: network,
      Memory: request.limits?.memoryBytes,
      NanoCpus: request.limits?.cpus === undefined ? undefined : Math.round(request.limits.cpus * 1e9),
      PidsLimit: request.limits?.pids,
    },
  }
}

export const portKey = (port: PortMapping) => `${port.containerPort}/${port.protocol}`

/** As in HostConfig. */
export function portBindings(ports: readonly PortMapping[]): Record<string, { HostIp: string; HostPort: string }[]> {
  const table: Record<string, { HostIp: string; HostPort: string }[]> = {}
  for (const port of ports) (table[portKey(port)] ??= []).push({ HostIp: port.hostIp ?? '', HostPort: port.hostPort === undefined ? '' : String(port.hostPort) })
  return table
}

export function mountBody(mount: MountRequest): object {
  if (mount.kind === 'tmpfs') return { Type: 'tmpfs', Target: mount.target }
  return { Type: mount.kind, Source: mount.source ?? '', Target: mount.target, ReadOnly: mount.readOnly ?? false }
}
