import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { callRaw } from '../fixtures/raw-api.ts'
import { freePort } from '../fixtures/registry.ts'
import { setStage, type Stage } from '../fixtures/stage.ts'

let stage: Stage
beforeAll(async () => void (stage = await setStage()))
afterAll(async () => stage?.[Symbol.asyncDispose]())

const ok = (...args: string[]) => stage.engine.ok(...args)
const page = (address: string) => expect.poll(() => fetch(`http://${address}/`).then((response) => response.text()).catch(String), { timeout: 10_000 })

test('ip:host:container is reached at that address', async () => {
  const port = await freePort()
  await ok('run', '-d', '--name', 'one', '-p', `127.0.0.1:${port}:8080`, `${stage.web}:1.0`)
  await page(`127.0.0.1:${port}`).toBe('web 1.0\n')
  expect(await ok('port', 'one', '8080')).toBe(`127.0.0.1:${port}`)
  expect(await ok('ps', '--format', '{{.Ports}}')).toBe(`127.0.0.1:${port}->8080/tcp`)
  expect((await stage.engine.docker('run', '--rm', '-p', `127.0.0.1:${port}:8080`, `${stage.web}:1.0`)).output).toContain('port is already allocated')
})

test('without an address it is all of them', async () => {
  const port = await freePort()
  await ok('run', '-d', '--name', 'all', '-p', `${port}:8080`, `${stage.web}:1.1`)
  expect((await ok('port', 'all')).split('\n')[0]).toBe(`8080/tcp -> 0.0.0.0:${port}`)
  await page(`127.0.0.1:${port}`).toBe('web 1.1\n')
})

test('a random port, a udp port and a range', async () => {
  await ok('run', '-d', '--name', 'random', '-p', '127.0.0.1::8080', '-p', '53/udp', '-p', '127.0.0.1:23400-23403:9000-9003', `${stage.web}:1.0`)
  await page(await ok('port', 'random', '8080')).toBe('web 1.0\n')
  expect(await ok('port', 'random', '53/udp')).toMatch(/0\.0\.0\.0:\d+/)
  expect(await ok('port', 'random', '9003')).toBe('127.0.0.1:23403')
})

test('-P maps what the image exposes, and nothing for an image that exposes nothing', async () => {
  await ok('run', '-d', '--name', 'exposed', '-P', `${stage.web}:1.0`)
  const [first = ''] = (await ok('port', 'exposed', '8080')).split('\n')
  await page(first.replace('0.0.0.0', '127.0.0.1')).toBe('web 1.0\n')
  await ok('run', '-d', '--name', 'closed', '-P', stage.busybox, 'sleep', '1000')
  expect(await ok('port', 'closed')).toBe('')
})

test('a port is free again when its container is gone, and kept over a restart', async () => {
  const port = await freePort()
  await ok('run', '-d', '--name', 'kept', '-p', `127.0.0.1:${port}:8080`, `${stage.web}:1.0`)
  await ok('restart', '-t', '0', 'kept')
  await page(`127.0.0.1:${port}`).toBe('web 1.0\n')
  await ok('rm', '-f', 'kept')
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow()
  await ok('run', '-d', '--name', 'kept', '-p', `127.0.0.1:${port}:8080`, `${stage.web}:1.1`)
  await page(`127.0.0.1:${port}`).toBe('web 1.1\n')
})

test('a container of two networks is reached at every address of the host, those of both bridges included', async () => {
  // The first by name has the default route, and the port leads there.
  for (const network of ['aaa', 'zzz']) {
    await ok('network', 'create', network)
    await ok('create', '--name', `two-${network}`, '-p', '8080', '--network', 'bridge', `${stage.web}:1.0`)
    await ok('network', 'connect', network, `two-${network}`)
    await ok('start', `two-${network}`)
    const [, port = ''] = /:(\d+)/.exec(await ok('port', `two-${network}`, '8080')) ?? []
    for (const bridge of ['bridge', network]) await page(`${await ok('network', 'inspect', '-f', '{{(index .IPAM.Config 0).Gateway}}', bridge)}:${port}`).toBe('web 1.0\n')
  }
})

test('the machine\'s ports: a published one is its container\'s, a program of a container in the host network its container\'s, and others have their name', async () => {
  const at = async (port: number) => (await callRaw(stage.engine.socket, 'GET', '/slipway/host/ports')).json<{ Listeners: { Port: number }[] }>().Listeners.filter(({ Port }) => Port === port)
  // Nobody listens on the ports of containers, so they look free.
  const free = async (): Promise<number> => {
    const port = await freePort()
    return (await at(port)).length === 0 ? port : free()
  }
  const [published, inHostNetwork] = [await free(), await free()]
  const id = await ok('run', '-d', '-p', `127.0.0.1:${published}:8080`, `${stage.web}:1.0`)
  const host = await ok('run', '-d', '--network', 'host', stage.busybox, 'sh', '-c', `nc -ll -p ${inHostNetwork} -e true; :`)
  await using server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  expect(await at(published)).toEqual([{ IP: '127.0.0.1', Port: published, Type: 'tcp', ContainerID: id }])
  await expect.poll(() => at(inHostNetwork)).toEqual([expect.objectContaining({ Type: 'tcp', ContainerID: host, Process: 'nc' })])
  const { port } = server.address() as AddressInfo
  expect(await at(port)).toEqual([expect.objectContaining({ IP: '127.0.0.1', PID: process.pid })])
})
