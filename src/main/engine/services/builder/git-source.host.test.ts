import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runProgram } from '../../core/host/run-program.ts'
import { loadSyscalls } from '../../core/host/syscalls.ts'
import { cloneRepository } from './git-source.ts'

const { signal } = new AbortController()
let folder: string
let server: Server
const git = (...args: string[]) => execFileSync('git', ['-c', 'user.name=n', '-c', 'user.email=n@example.com', ...args], { cwd: folder, stdio: 'pipe' })

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-git-'))
  server = createServer((request, response) => createReadStream(join(folder, new URL(request.url!, 'http://x').pathname)).on('error', () => response.writeHead(404).end()).pipe(response))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  git('init', '--quiet', 'work')
})
afterEach(() => {
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

/** What is in the folder `work` as a repository of a plain web server, which knows no shallow clone; cloned. */
async function clone(fragment = ''): Promise<{ cloned: string; subfolder: string }> {
  git('-C', 'work', 'add', '.')
  git('-C', 'work', 'commit', '--quiet', '--allow-empty', '-m', 'all')
  rmSync(join(folder, 'served.git'), { recursive: true, force: true })
  git('clone', '--quiet', '--bare', 'work', 'served.git')
  git('-C', 'served.git', 'update-server-info')
  const cloned = mkdtempSync(join(folder, 'cloned-'))
  const host = { run: runProgram, syscalls: loadSyscalls() }
  const subfolder = await cloneRepository(host, `http://127.0.0.1:${(server.address() as AddressInfo).port}/served.git${fragment}`, cloned, { keepGitDir: false, signal })
  return { cloned, subfolder }
}

test('a repository whose files a plain web server has', async () => {
  writeFileSync(join(folder, 'work', 'Dockerfile'), 'FROM scratch\n')
  const { cloned, subfolder } = await clone()
  expect(readFileSync(join(cloned, subfolder, 'Dockerfile'), 'utf8')).toBe('FROM scratch\n')
})

test('a subfolder is one of the repository, whatever links and dots say', async () => {
  const secrets = join(folder, 'secrets')
  mkdirSync(secrets)
  mkdirSync(join(folder, 'work/real'))
  writeFileSync(join(folder, 'work/real/file'), '')
  for (const [name, target] of [['inside', 'real'], ['absolute', '/real'], ['out', secrets], ['up', '../secrets'], ['loop', 'loop']] as const) symlinkSync(target, join(folder, 'work', name))
  for (const path of ['real', 'inside', 'absolute', './inside/../real', '../../real']) expect((await clone(`#:${path}`)).subfolder).toBe('real')
  for (const path of ['out', 'up', 'loop', 'gone', 'real/file', '../secrets']) await expect(clone(`#:${path}`)).rejects.toMatchObject({ code: 'not-found', message: expect.stringContaining(`no folder ${path}`) })
})
