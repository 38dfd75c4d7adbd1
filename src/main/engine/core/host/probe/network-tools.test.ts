import { expect, test } from 'vitest'
import { createFakeHost } from '../testing/fake-host.ts'
import { checkNetworkTools } from './network-tools.ts'

const statuses = async (host: ReturnType<typeof createFakeHost>, tools = host.facts.tools) => {
  const { checks } = await checkNetworkTools({ run: host.run, networkNamespace: host.networkNamespace, rootless: host.networkNamespace !== undefined }, tools)
  return Object.fromEntries(checks.map((check) => [check.id, check]))
}

test('nft is asked where bridges live', async () => {
  const host = createFakeHost({ networkNamespace: '/proc/7/ns/net' })
  expect(await statuses(host)).toMatchObject({ ip: { status: 'ok' }, nft: { status: 'ok' } })
  expect(host.runs).toMatchObject([{ args: ['list', 'tables'], options: { networkNamespace: '/proc/7/ns/net' } }])
})

test('a kernel without nf_tables is told apart from a missing program', async () => {
  const host = createFakeHost()
  expect((await statuses(host)).ip).toBeUndefined()
  host.answer('/usr/sbin/nft', { code: 1, stderr: 'netlink: Error: cache initialization failed: Protocol not supported' })
  expect((await statuses(host)).nft).toMatchObject({ status: 'missing', finding: expect.stringContaining('Protocol not supported'), remedy: 'sudo modprobe nf_tables' })
  expect((await statuses(host, {})).nft).toMatchObject({ status: 'missing', finding: 'The program nft (nftables) is not installed.', remedy: expect.stringContaining('nft') })
})
