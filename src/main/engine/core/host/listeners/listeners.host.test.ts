import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { readListeners } from './listeners.ts'
import { lineageOf } from './socket-owners.ts'

test('a listening socket of either protocol is found with the program that has it', async () => {
  await using stack = new AsyncDisposableStack()
  const server = createServer()
  stack.defer(() => void server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const socket = createSocket('udp4')
  stack.defer(() => void socket.close())
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const owner = { pid: process.pid, program: readFileSync('/proc/self/comm', 'utf8').trimEnd() }
  const listeners = await readListeners()
  expect(listeners).toContainEqual({ protocol: 'tcp', address: '127.0.0.1', port: (server.address() as AddressInfo).port, owner })
  expect(listeners).toContainEqual({ protocol: 'udp', address: '127.0.0.1', port: socket.address().port, owner })
})

test('a lineage begins with the process and holds its parent', async () => {
  expect((await lineageOf(process.pid)).slice(0, 2)).toEqual([process.pid, process.ppid])
  expect(await lineageOf(0)).toEqual([])
})
