import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fetchFile } from './remote-file.ts'

/** A server that means harm; each path is a trick. */
const server = createServer((request, response) => TRICKS[request.url ?? '']?.(request, response))
const folder = mkdtempSync(join(tmpdir(), 'slipway-remote-'))
let here: string
let reached = 0
const redirect = (to: string) => (_: IncomingMessage, response: ServerResponse) => void response.writeHead(302, { location: to }).end()
const TRICKS: Record<string, (request: IncomingMessage, response: ServerResponse) => void> = {
  '/good': (_, response) => void response.end('good'),
  '/to-good': redirect('/good'),
  '/round': redirect('/round'),
  '/to-metadata': redirect('http://169.254.169.254/latest/meta-data'),
  '/to-file': redirect('file:///etc/passwd'),
  '/rebound': (_, response) => void (reached++, response.end('secret')),
  '/endless': (_, response) => {
    const more = () => {
      while (response.write(Buffer.alloc(64 * 1024)));
    }
    response.on('drain', more)
    more()
  },
}
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  here = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  rmSync(folder, { recursive: true, force: true })
})

const fetching = (url: string, limits: Parameters<typeof fetchFile>[3] = {}) => fetchFile(url, join(folder, 'file'), AbortSignal.timeout(20_000), limits)

test('redirects are followed, though not for ever, and not to another scheme', async () => {
  expect(await fetching(`${here}/to-good`)).toMatchObject({ size: 4 })
  expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('good')
  await expect(fetching(`${here}/round`)).rejects.toThrow('more than 10 redirects')
  await expect(fetching(`${here}/to-file`)).rejects.toThrow('unsupported URL file:///etc/passwd')
})

test.each(['http://169.254.169.254/', 'http://[fe80::1]/', 'http://[::ffff:169.254.169.254]/', 'http://[fd00:ec2::254]/', 'http://2852039166/', 'http://0xa9fea9fe/'])('what serves a machine’s own credentials is never asked: %s', async (url) => {
  await expect(fetching(url)).rejects.toMatchObject({ code: 'forbidden' })
})

test('nor by a redirect, nor by a name that means another address the second time', async () => {
  await expect(fetching(`${here}/to-metadata`)).rejects.toMatchObject({ code: 'forbidden' })
  const port = new URL(here).port
  const answers = ['127.0.0.1', '169.254.169.254', '127.0.0.1']
  const asked: string[] = []
  const lookup = async (name: string) => (asked.push(name), [{ address: answers[asked.length - 1]!, family: 4 }])
  expect(await fetching(`http://turns.test:${port}/rebound`, { lookup })).toMatchObject({ size: 6 })
  await expect(fetching(`http://turns.test:${port}/rebound`, { lookup })).rejects.toMatchObject({ code: 'forbidden' })
  // Each request asked once, and went where that answer led.
  expect([asked.length, reached]).toEqual([2, 1])
})

test('a body without end ends at the limit', async () => {
  await expect(fetching(`${here}/endless`, { limit: 1_000_000 })).rejects.toMatchObject({ code: 'resource-exhausted' })
  expect(existsSync(join(folder, 'file')) && readFileSync(join(folder, 'file')).length <= 1_100_000).toBe(true)
})
