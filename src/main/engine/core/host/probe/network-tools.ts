import { messageOf } from '#shared/errors.ts'
import type { HostCheck, HostFacts } from '../host.ts'
import type { ProbeContext } from './probe.ts'
import { installCommand } from './remedy.ts'

/** `nft` as networks need it, and without root `ip`, which RootlessKit runs. nft is asked for its tables, because a kernel without nf_tables is told apart only so. */
export async function checkNetworkTools(context: Pick<ProbeContext, 'run' | 'networkNamespace' | 'rootless'>, tools: HostFacts['tools']): Promise<{ checks: HostCheck[] }> {
  return { checks: [...(context.rootless ? [checkIp(tools.ip)] : []), await checkNft(context, tools.nft)] }
}

function checkIp(ip: string | undefined): HostCheck {
  if (ip !== undefined) return { id: 'ip', status: 'ok', finding: ip }
  return { id: 'ip', status: 'missing', finding: 'The program ip (iproute2) is not installed.', consequence: 'Containers get no network but the host and none networks.', remedy: installCommand(['ip']) }
}

async function checkNft(context: Pick<ProbeContext, 'run' | 'networkNamespace'>, nft: string | undefined): Promise<HostCheck> {
  const consequence = 'Containers can only be started with --network none or host; ports cannot be published.'
  if (nft === undefined) return { id: 'nft', status: 'missing', finding: 'The program nft (nftables) is not installed.', consequence, remedy: installCommand(['nft']) }
  try {
    await context.run(nft, ['list', 'tables'], { networkNamespace: context.networkNamespace })
    return { id: 'nft', status: 'ok', finding: nft }
  } catch (error) {
    return { id: 'nft', status: 'missing', finding: messageOf(error), consequence, remedy: 'sudo modprobe nf_tables' }
  }
}
