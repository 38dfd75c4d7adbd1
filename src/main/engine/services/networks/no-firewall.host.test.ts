import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestNetworks, sandboxRequest, type TestNetworks } from './testing/test-networks.ts'

let t: TestNetworks
beforeAll(async () => void (t = await openTestNetworks({ firewall: false })))
afterAll(() => t?.[Symbol.asyncDispose]())

const refusal = (what: string) => ({ code: 'failed-precondition', reason: 'no-firewall', message: `${what} needs a firewall. The program nft (nftables) is not installed.`, hint: expect.stringContaining('install nft') as string })

test('without nft there are networks, containers without one are connected, and no bridge is made', async () => {
  expect(t.networks.list().map(({ name }) => name).sort()).toEqual(['bridge', 'host', 'none'])
  const alone = await t.networks.connectSandbox(sandboxRequest('alone', { kind: 'none', endpoints: [] }))
  expect(t.networks.findSandbox(alone.containerId)).toBeDefined()
  expect((await t.host.run('ip', ['-o', 'link', 'show'])).stdout).not.toContain(`slipway-${t.instance}`)
  expect(await t.networks.faults(() => true)).toEqual([])
  const again = await t.restart([alone.containerId])
  expect(again.findSandbox(alone.containerId)).toBeDefined()
})

test('what needs a firewall is refused in words, and leaves nothing', async () => {
  await expect(t.networks.create({ name: 'apart' })).rejects.toMatchObject(refusal('Network apart'))
  const web = sandboxRequest('web', { ports: [{ protocol: 'tcp', containerPort: 80, hostIp: '', hostPort: 28_080 }] })
  await expect(t.networks.connectSandbox(web)).rejects.toMatchObject(refusal('Network bridge'))
  expect([t.networks.list().length, t.networks.findSandbox(web.containerId), t.networks.publishedPorts()]).toEqual([3, undefined, []])
  expect((await t.host.run('ip', ['-o', 'link', 'show'])).stdout).not.toMatch(/slipway-|br-/)
})
