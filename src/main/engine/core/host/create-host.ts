import type { Layout } from '../../layout.ts'
import type { Host, RunOptions } from './host.ts'
import { inUserNamespace } from './probe/calling-user.ts'
import { probeHost } from './probe/probe.ts'
import { runProgram } from './run-program.ts'
import { createPortForwarder } from './rootless/port-forwarder.ts'
import type { RootlessNamespaces } from './rootless/namespaces.ts'
import { loadSyscalls } from './syscalls.ts'

export interface HostOptions {
  layout: Layout
  /** Use this OCI runtime and no other. */
  runtime?: 'crun' | 'runc'
  /** The namespaces that the launcher entered; undefined as root. */
  namespaces?: RootlessNamespaces
}

/** The host as this process sees it. @throws failed-precondition (addon-missing) when the native part was not built. */
export async function createHost({ layout, runtime, namespaces }: HostOptions): Promise<Host> {
  const syscalls = loadSyscalls()
  const networkNamespace = namespaces?.networkNamespace
  const run = async (program: string, args: readonly string[], options: RunOptions = {}) => {
    const wanted = options.networkNamespace === 'bridges' ? networkNamespace : options.networkNamespace
    return await runProgram(program, args, { ...options, networkNamespace: wanted })
  }
  const facts = await probeHost({ layout, syscalls, run, networkNamespace, rootless: inUserNamespace(), egress: namespaces?.resolvers !== undefined, runtime })
  return { facts, syscalls, networkNamespace, run, portForwarder: namespaces && createPortForwarder(namespaces.apiSocket), resolvers: namespaces?.resolvers }
}
