import { findResource } from '../binaries.ts'
import { findProgram } from '../programs.ts'
import { runProgram } from '../run-program.ts'
import { tunUsable } from '../probe/rootless-checks.ts'

/** How packets leave the namespace in which bridges live. `none`: they do not; bridges and published ports work all the same. */
export interface Egress {
  kind: 'slirp4netns' | 'pasta' | 'none'
  /** RootlessKit's options for it. */
  options: string[]
  /** Put before PATH. */
  path?: string
}

/** Both drivers put their own DNS server there: https://github.com/rootless-containers/rootlesskit/blob/master/docs/network.md */
export const EGRESS_RESOLVERS = ['10.0.2.3'] as const

/** slirp4netns copies less per packet with a large MTU; 65520 is the most it takes. */
const MTU = '--mtu=65520'

/** The best that this machine has. */
export async function chooseEgress(rootlesskit: string): Promise<Egress> {
  if (tunUsable()) {
    if (findProgram('slirp4netns')) return { kind: 'slirp4netns', options: ['--net=slirp4netns', MTU, '--disable-host-loopback', '--slirp4netns-sandbox=auto', '--slirp4netns-seccomp=auto'] }
    if (findProgram('pasta') && (await versionOf(rootlesskit)) >= 2) return { kind: 'pasta', options: ['--net=pasta', MTU, '--disable-host-loopback'] }
  }
  if ((await versionOf(rootlesskit)) >= 2.1) return { kind: 'none', options: ['--net=none'] }
  const standIn = findResource('without-tun')
  return { kind: 'none', path: standIn, options: ['--net=slirp4netns', `--slirp4netns-binary=${standIn}/slirp4netns`, MTU, '--disable-host-loopback'] }
}

/** Which one a running RootlessKit was started with, by its command line. */
export function egressOf(commandLine: readonly string[]): Egress['kind'] {
  if (commandLine.some((argument) => argument.includes('without-tun') || argument === '--net=none')) return 'none'
  return commandLine.includes('--net=pasta') ? 'pasta' : 'slirp4netns'
}

/** `rootlesskit version 2.3.4` as 2.3. */
async function versionOf(rootlesskit: string): Promise<number> {
  const { stdout } = await runProgram(rootlesskit, ['--version'], { allowFailure: true })
  return Number(/version\s+v?(\d+\.\d+)/.exec(stdout)?.[1] ?? 0)
}
