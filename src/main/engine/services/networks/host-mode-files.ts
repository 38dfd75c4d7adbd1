import { readFile } from 'node:fs/promises'
import { renderHosts } from '../../core/network/hosts-file.ts'
import { mergeResolvConf, readHostResolvConf, renderResolvConf } from '../../core/network/resolv-conf.ts'
import type { NameFiles, SandboxRequest } from '../../core/network/sandbox.ts'
import type { NetworksState } from './state.ts'

/** A container in the host's own network sees the host's names, with what the user adds. */
export async function hostModeFiles(state: NetworksState, request: Pick<SandboxRequest, 'hostname' | 'dns' | 'extraHosts'>): Promise<NameFiles> {
  const head = await readFile('/etc/hosts', 'utf8').catch(() => '')
  return { hosts: renderHosts({ head, extraHosts: request.extraHosts ?? [], hostGateway: ['127.0.0.1'], own: [] }), resolvConf: renderResolvConf(mergeResolvConf(readHostResolvConf(), request.dns)) }
}
