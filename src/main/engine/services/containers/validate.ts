import { isIP } from 'node:net'
import { posix } from 'node:path'
import { EngineError } from '#shared/errors.ts'
import { normalizeCapabilities } from '../../core/runtime/spec/capabilities.ts'
import type { ContainerConfig, HostConfig } from './config.ts'
import { logDriverOf } from './log-drivers.ts'
import { parseSignal } from './signals.ts'
import { checkTmpfsOptions } from './tmpfs-options.ts'

/** The refusals of create that need nothing but the request, with Docker's words. Resource limits are checked where their kernel meaning is known. */
export function validateConfig(config: ContainerConfig, host: HostConfig): void {
  for (const entry of config.Env ?? []) if (entry === '' || entry.startsWith('=') || entry.includes('\0')) throw invalid(`invalid environment variable: ${entry}`, 'env')
  for (const text of [config.Hostname, config.Domainname, config.User, config.WorkingDir, ...(config.Cmd ?? []), ...(config.Entrypoint ?? [])]) if (text?.includes('\0')) throw invalid('a value holds a NUL character', 'config')
  if (config.WorkingDir && !posix.isAbsolute(config.WorkingDir)) throw invalid(`the working directory '${config.WorkingDir}' is invalid, it needs to be an absolute path`, 'workingDir')
  if (config.StopSignal) parseSignal(config.StopSignal)
  validateHealthcheck(config)
  validateNetworkMode(config, host)
  validateRestartPolicy(host)
  validateNamespaces(config, host)
  if ((host.ShmSize ?? 0) < 0) throw invalid('SHM size can not be less than 0', 'shmSize')
  if (host.OomScoreAdj !== undefined && (host.OomScoreAdj < -1000 || host.OomScoreAdj > 1000)) throw invalid(`Invalid value ${host.OomScoreAdj}, range for oom score adj is [-1000, 1000]`, 'oomScoreAdj')
  if (Object.keys(host.StorageOpt ?? {}).length > 0) throw invalid("--storage-opt is supported only for overlay over xfs with 'pquota' mount option", 'storageOpt')
  if (!['', 'default'].includes(host.Isolation ?? '')) throw invalid(`Invalid isolation: "${host.Isolation}" - linux only supports 'default'`, 'isolation')
  if (host.IOMaximumIOps) throw invalid('Invalid QoS settings: linux does not support configuration of maximum IOPs', 'ioMaximumIOps')
  if (host.IOMaximumBandwidth) throw invalid('Invalid QoS settings: linux does not support configuration of maximum bandwidth', 'ioMaximumBandwidth')
  if (Object.hasOwn(host.Annotations ?? {}, '')) throw invalid('invalid Annotations: the empty string is not permitted as an annotation key', 'annotations')
  for (const field of ['CapAdd', 'CapDrop'] as const) normalizeCapabilities(field, host[field] ?? [])
  validateTmpfs(host)
  logDriverOf(host)
}

function validateTmpfs({ Tmpfs }: HostConfig): void {
  for (const [target, options] of Object.entries(Tmpfs ?? {})) {
    checkTmpfsOptions(options.split(',').filter(Boolean))
    if (!posix.isAbsolute(target)) throw invalid(`invalid mount path: '${target}' mount path must be absolute`, 'mounts')
    if (/^\/+$/.test(posix.normalize(target))) throw invalid("invalid specification: destination can't be '/'", 'mounts')
  }
}

function validateHealthcheck(config: ContainerConfig): void {
  const check = config.Healthcheck
  if (!check) return
  for (const name of ['Interval', 'Timeout', 'StartPeriod', 'StartInterval'] as const) {
    const value = check[name] ?? 0
    if (value !== 0 && value < 1_000_000) throw invalid(`${name} in Healthcheck cannot be less than 1ms`, 'healthcheck')
  }
  if ((check.Retries ?? 0) < 0) throw invalid('Retries in Healthcheck cannot be negative', 'healthcheck')
}

function validateNetworkMode(config: ContainerConfig, host: HostConfig): void {
  const mode = host.NetworkMode ?? ''
  const joins = mode.startsWith('container:')
  if (mode === 'container:' || mode === 'container') throw invalid(`Invalid network mode: invalid container format container:<name|id>`, 'networkMode')
  if (joins && config.Hostname) throw invalid('conflicting options: hostname and the network mode', 'hostname')
  if ((joins || mode === 'host') && host.Links?.length) throw invalid(joins ? 'conflicting options: container type network can\'t be used with links. This would result in undefined behavior' : 'conflicting options: host type networking can\'t be used with links. This would result in undefined behavior', 'links')
  if (config.MacAddress && !/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(config.MacAddress)) throw invalid(`invalid config for network ${mode || 'bridge'}: invalid MAC address ${config.MacAddress}`, 'macAddress')
  for (const entry of host.ExtraHosts ?? []) validateExtraHost(entry)
  for (const server of host.Dns ?? []) if (isIP(server.replace(/%.*$/, '')) === 0) throw invalid(`bad nameserver address ${server}: it is no IP address`, 'dns')
  for (const link of host.Links ?? []) validateLink(link)
  if (!joins) return
  if (host.Dns?.length) throw invalid('conflicting options: dns and the network mode', 'dns')
  if (host.ExtraHosts?.length) throw invalid('conflicting options: custom host-to-IP mapping and the network mode', 'extraHosts')
  if (config.MacAddress) throw invalid('conflicting options: mac-address and the network mode', 'macAddress')
  if (Object.keys(host.PortBindings ?? {}).length > 0 || host.PublishAllPorts) throw invalid('conflicting options: port publishing and the container type network mode', 'ports')
  if (Object.keys(config.ExposedPorts ?? {}).length > 0) throw invalid('conflicting options: port exposing and the container type network mode', 'ports')
}

/** `name:address`, `name=address`, or `name:host-gateway`. */
function validateExtraHost(entry: string): void {
  const [, name = '', address = ''] = /^([^:=]*)[:=](.*)$/.exec(entry) ?? []
  if (name === '' || address === '') throw invalid(`bad format for add-host: "${entry}"`, 'extraHosts')
  if (address !== 'host-gateway' && isIP(address.replace(/^\[(.*)\]$/, '$1')) === 0) throw invalid(`invalid IP address in add-host: "${address}"`, 'extraHosts')
}

/** `name[:alias]` */
function validateLink(link: string): void {
  if (link === '') throw invalid('empty string specified for links', 'links')
  if (link.split(':').length > 2) throw invalid(`bad format for links: ${link}`, 'links')
}

export function validateRestartPolicy(host: HostConfig): void {
  const { Name: name = '', MaximumRetryCount: retries = 0 } = host.RestartPolicy ?? {}
  if (!['', 'no', 'always', 'on-failure', 'unless-stopped'].includes(name)) throw invalid(`invalid restart policy: unknown policy '${name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`, 'restartPolicy')
  if (retries < 0) throw invalid('invalid restart policy: maximum retry count cannot be negative', 'restartPolicy')
  if (retries > 0 && name !== 'on-failure') throw invalid(`invalid restart policy: maximum retry count can only be used with 'on-failure'`, 'restartPolicy')
  if (host.AutoRemove && name !== '' && name !== 'no') throw invalid(`can't create 'AutoRemove' container with restart policy`, 'restartPolicy')
}

function validateNamespaces(config: ContainerConfig, host: HostConfig): void {
  const isJoin = (mode: string) => /^container:./.test(mode)
  const { IpcMode = '', PidMode = '', UTSMode = '', CgroupnsMode = '', UsernsMode = '' } = host
  if (!['', 'none', 'private', 'shareable', 'host'].includes(IpcMode) && !isJoin(IpcMode)) throw invalid(`invalid IPC mode: ${IpcMode}`, 'ipcMode')
  if (!['', 'host', 'private'].includes(PidMode) && !isJoin(PidMode)) throw invalid(`invalid PID mode: ${PidMode}`, 'pidMode')
  if (!['', 'host', 'private'].includes(UTSMode)) throw invalid(`invalid UTS mode: ${UTSMode}`, 'utsMode')
  if (UTSMode === 'host' && config.Hostname) throw invalid('conflicting options: hostname and the UTS mode', 'hostname')
  if (!['', 'host', 'private'].includes(CgroupnsMode)) throw invalid(`invalid cgroup namespace mode: ${CgroupnsMode}`, 'cgroupnsMode')
  if (!['', 'host'].includes(UsernsMode)) throw invalid(`invalid userns mode: ${UsernsMode}`, 'usernsMode')
}

const invalid = (message: string, field: string) => new EngineError('invalid-argument', message, { field })
