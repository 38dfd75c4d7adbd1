import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { createRegistry } from './create-registry.ts'
import { sendJson, serveLoopback } from './testing/loopback-server.ts'

/** A proxy that answers in place of every server, and writes down whom it was asked for. */
async function startProxy() {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(new URL(request.url ?? '').host)
    sendJson(response, 200, { results: [] })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    [Symbol.dispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

test('registries are reached through the proxy, those named in no-proxy and this machine directly', async () => {
  await using server = await serveLoopback((_, response) => sendJson(response, 200, { results: [] }))
  using proxy = await startProxy()
  const search = async (host: string) => {
    await using registry = createRegistry({ searchEndpoint: `http://${host}`, proxy: { http: proxy.url, https: proxy.url, none: 'direct.invalid' }, retryDelay: 1 })
    return registry.search('nginx', {})
  }
  expect(await search('registry.invalid:5000')).toEqual([])
  expect(proxy.asked).toEqual(['registry.invalid:5000'])
  expect(await search(server.host)).toEqual([])
  await expect(search('direct.invalid:5000')).rejects.toMatchObject({ code: 'unavailable' })
  expect(proxy.asked).toHaveLength(1)
})
