import { afterAll, beforeAll, expect, test } from 'vitest'
import { setStage, type Stage } from '../fixtures/stage.ts'

let stage: Stage
beforeAll(async () => void (stage = await setStage()))
afterAll(async () => stage?.[Symbol.asyncDispose]())

const ok = (...args: string[]) => stage.engine.ok(...args)
const docker = (...args: string[]) => stage.engine.docker(...args)
const inside = (network: string, ...command: string[]) => docker('run', '--rm', '--network', network, stage.busybox, ...command)
const addressOf = (name: string) => ok('inspect', '-f', '{{range .NetworkSettings.Networks}}{{.IPAddress}}/{{.Gateway}}{{end}}', name)

test('the three that are always there', async () => {
  expect((await ok('network', 'ls', '--format', '{{.Name}} {{.Driver}} {{.Scope}}')).split('\n').sort()).toEqual(['bridge bridge local', 'host host local', 'none null local'])
  expect(await ok('network', 'inspect', '-f', '{{range .IPAM.Config}}{{.Subnet}}{{end}}', 'bridge')).toMatch(/^\d+\.\d+\.\d+\.\d+\/\d+$/)
  expect((await docker('network', 'rm', 'bridge')).output).toContain('bridge is a pre-defined network and cannot be removed')
  expect((await inside('host', 'ip', '-o', 'link')).stdout.split('\n').length).toBeGreaterThan(2)
  expect((await inside('none', 'ip', '-o', 'link')).stdout.trim().split('\n').length).toBe(1)
})

test('a network with subnet and gateway, overlap refused, and one in use is kept', async () => {
  await ok('network', 'create', '--driver', 'bridge', '--subnet', '10.223.0.0/16', '--gateway', '10.223.0.1', '--label', 'l=1', 'front')
  expect((await docker('network', 'create', '--subnet', '10.223.4.0/24', 'overlapping')).output).toContain('overlaps with other one on this address space')
  expect((await docker('network', 'create', 'front')).output).toContain('network with name front already exists')
  await ok('run', '-d', '--name', 'site', '--network', 'front', '--network-alias', 'www', `${stage.web}:1.0`)
  expect(await addressOf('site')).toMatch(/^10\.223\.0\.\d+\/10\.223\.0\.1$/)
  expect((await docker('network', 'rm', 'front')).output).toContain('has active endpoints')
  expect(await ok('network', 'inspect', '-f', '{{range .Containers}}{{.Name}} {{.IPv4Address}}{{end}}', 'front')).toMatch(/^site 10\.223\.0\.\d+\/16$/)
})

test('names, aliases and the outside are answered; other networks are not reached', async () => {
  await ok('network', 'create', 'back')
  for (const name of ['site', 'www', (await ok('inspect', '-f', '{{.Id}}', 'site')).slice(0, 12)]) expect((await inside('front', 'wget', '-qO-', `http://${name}:8080/`)).stdout).toBe('web 1.0\n')
  expect((await inside('back', 'wget', '-T', '2', '-qO-', 'http://site:8080/')).code).not.toBe(0)
  const [address = ''] = (await addressOf('site')).split('/')
  expect((await inside('back', 'wget', '-T', '1', '-qO-', `http://${address}:8080/`)).code).not.toBe(0)
})

test('connect and disconnect a running container', async () => {
  await ok('run', '-d', '--name', 'multi', '--network', 'back', stage.busybox, 'sleep', '1000')
  await ok('network', 'connect', '--alias', 'second', '--ip', '10.223.7.7', 'front', 'multi')
  expect(await ok('exec', 'multi', 'ip', 'addr')).toMatch(/eth1[\s\S]*10\.223\.7\.7\/16/)
  expect(await ok('exec', 'multi', 'wget', '-qO-', 'http://site:8080/')).toBe('web 1.0')
  expect((await inside('front', 'nslookup', 'second')).stdout).toContain('10.223.7.7')
  expect((await docker('network', 'connect', 'front', 'multi')).output).toContain('endpoint with name multi already exists in network front')
  await ok('restart', '-t', '0', 'multi')
  expect(await ok('exec', 'multi', 'wget', '-qO-', 'http://site:8080/')).toBe('web 1.0')
  await ok('network', 'disconnect', 'front', 'multi')
  expect((await docker('exec', 'multi', 'wget', '-T', '2', '-qO-', 'http://site:8080/')).code).not.toBe(0)
  expect((await docker('network', 'disconnect', 'front', 'multi')).output).toContain('is not connected to')
})

test('a fixed address, extra hosts, dns, a mac address, links on the default bridge', async () => {
  const options = ['--network', 'front', '--ip', '10.223.9.9', '--mac-address', '02:42:ac:11:65:43', '--add-host', 'db:1.2.3.4', '--add-host', 'me:host-gateway', '--dns-search', 'x.test']
  const output = await ok('run', '--rm', ...options, stage.busybox, 'sh', '-c', 'cat /etc/hosts /etc/resolv.conf; ip addr show eth0')
  for (const part of ['1.2.3.4\tdb', 'search x.test', '10.223.9.9/16', '02:42:ac:11:65:43', '10.223.9.9\t']) expect(output).toContain(part)
  expect(output).toMatch(/\d+\.\d+\.\d+\.\d+\tme/)
  await ok('run', '-d', '--name', 'linked', `${stage.web}:1.0`)
  expect(await ok('run', '--rm', '--link', 'linked:other', stage.busybox, 'wget', '-qO-', 'http://other:8080/')).toBe('web 1.0')
  await ok('run', '-d', '--name', 'linker', '--link', 'linked:other', stage.busybox, 'sleep', '1000')
  await ok('stop', '-t', '0', 'linked')
  await ok('run', '-d', '--name', 'takes-the-address', stage.busybox, 'sleep', '1000')
  await ok('start', 'linked')
  expect(await ok('exec', 'linker', 'wget', '-qO-', 'http://other:8080/')).toBe('web 1.0')
  await ok('rm', '-f', 'linker', 'takes-the-address')
})

test('an internal network has no way out, prune and rm take what is unused', async () => {
  await ok('network', 'create', '--internal', 'sealed')
  expect((await inside('sealed', 'ip', 'route')).stdout).not.toContain('default')
  await ok('run', '-d', '--name', 'late', '--network', 'sealed', '-p', '8099:8080', `${stage.web}:1.0`)
  expect(await ok('port', 'late')).toBe('')
  await ok('network', 'connect', 'back', 'late')
  expect(await ok('port', 'late')).toContain('8080/tcp -> 0.0.0.0:8099')
  expect(await (await fetch('http://127.0.0.1:8099/')).text()).toContain('web 1.0')
  await ok('rm', '-f', 'site', 'multi', 'late')
  await ok('network', 'rm', 'sealed')
  await ok('network', 'prune', '-f', '--filter', 'label=l=1')
  expect((await ok('network', 'ls', '--filter', 'type=custom', '--format', '{{.Name}}'))).toBe('back')
  await ok('network', 'prune', '-f')
  expect((await docker('network', 'inspect', 'back')).output).toContain('network back not found')
})
