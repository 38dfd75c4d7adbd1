/**
 * Who one is at a cluster: certificates, tokens, and programs that give them, as Kubernetes' own client library has them. It is loaded when a cluster is first
 * spoken to. Its requests are not used: they bring objects into the shape of its models, and what those do not know is lost on the way.
 */
import type { Dispatcher } from 'undici'
import { EngineError, messageOf } from '#shared/errors.ts'
import type { ClusterEntry, ExecEntry, UserEntry } from './kubeconfig.ts'

export interface Credentials {
  /** By which a request is made; it holds the connections. */
  dispatcher: Dispatcher
  headers: Record<string, string>
}

/** @returns gives credentials that are valid now, on connections of their own */
export async function openSignIn(cluster: ClusterEntry, user: UserEntry): Promise<() => Promise<Credentials>> {
  const { KubeConfig, RequestContext, HttpMethod } = await import('@kubernetes/client-node')
  const { Agent } = await import('undici')
  const config = new KubeConfig()
  // It refuses plain HTTP, which is how `kubectl proxy` serves this machine, unless nothing is to be verified.
  const plain = cluster.server.startsWith('http:')
  config.loadFromOptions({
    clusters: [{ ...cluster, skipTLSVerify: cluster.skipTLSVerify || plain }],
    users: [{ ...user, ...(user.exec && { exec: { ...user.exec, env: [...(user.exec.env ?? []), { name: 'KUBERNETES_EXEC_INFO', value: execInfo(user.exec, cluster) }] } }) }],
    contexts: [{ name: 'chosen', cluster: cluster.name, user: user.name }],
    currentContext: 'chosen',
  })
  return async () => {
    const context = new RequestContext(cluster.server, HttpMethod.GET)
    try {
      await config.applySecurityAuthentication(context)
    } catch (error) {
      throw notSignedIn(error, user)
    }
    return { dispatcher: (context.getDispatcher() as unknown as Dispatcher | undefined) ?? new Agent(), headers: trimmed(context.getHeaders() as Record<string, string>) }
  }
}

/** A token is read from its file as it is, with the line's end. */
const trimmed = (headers: Record<string, string>) => Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.trim()]))

/** Some programs refuse to go on without it. https://kubernetes.io/docs/reference/config-api/client-authentication.v1/ */
function execInfo({ apiVersion, provideClusterInfo }: ExecEntry, cluster: ClusterEntry): string {
  const { server, caData, skipTLSVerify, tlsServerName } = cluster
  const about = { server, ...(caData && { 'certificate-authority-data': caData }), ...(tlsServerName && { 'tls-server-name': tlsServerName }), ...(skipTLSVerify && { 'insecure-skip-tls-verify': true }) }
  return JSON.stringify({ apiVersion: apiVersion ?? 'client.authentication.k8s.io/v1', kind: 'ExecCredential', spec: { interactive: false, ...(provideClusterInfo && { cluster: about }) } })
}

function notSignedIn(error: unknown, { exec, name }: UserEntry): EngineError {
  const { code, path } = error as NodeJS.ErrnoException
  const refuse = (message: string, hint: string) => new EngineError('unauthorized', message, { reason: 'not-signed-in', hint, field: 'context', cause: error })
  if (exec && (code === 'ENOENT' || code === 'EACCES')) return refuse(`The program ${exec.command}, by which ${name} signs in, cannot be run (${code}).`, exec.installHint?.trim() || 'Install it, or make sure that it is on the PATH with which Slipway was started.')
  if (exec) return refuse(`${exec.command} did not sign in: ${messageOf(error).trim() || 'it said nothing'}`, 'Sign in with it in a terminal, and try again.')
  if (code === 'ENOENT' || code === 'EACCES') return refuse(`${path} cannot be read, which the kubeconfig names for ${name}.`, 'Fetch the kubeconfig anew, or mend the path in it.')
  return refuse(`${name} could not be signed in: ${messageOf(error)}`, 'Sign in with kubectl, and try again.')
}
