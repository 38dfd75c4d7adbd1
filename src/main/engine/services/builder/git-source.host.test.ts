import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { runProgram } from '../../core/host/run-program.ts'
import { cloneRepository } from './git-source.ts'

test('a repository whose files a plain web server has, which knows no shallow clone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-git-'))
  const git = (...args: string[]) => execFileSync('git', ['-c', 'user.name=n', '-c', 'user.email=n@example.com', ...args], { cwd: folder, stdio: 'pipe' })
  const server = createServer((request, response) => createReadStream(join(folder, new URL(request.url!, 'http://x').pathname)).on('error', () => response.writeHead(404).end()).pipe(response))
  try {
    git('init', '--quiet', 'work')
    writeFileSync(join(folder, 'work', 'Dockerfile'), 'FROM scratch\n')
    git('-C', 'work', 'add', '.')
    git('-C', 'work', 'commit', '--quiet', '-m', 'first')
    git('clone', '--quiet', '--bare', 'work', 'served.git')
    git('-C', 'served.git', 'update-server-info')
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const cloned = join(folder, 'cloned')
    const options = { keepGitDir: false, signal: new AbortController().signal }
    await cloneRepository({ run: runProgram }, `http://127.0.0.1:${(server.address() as AddressInfo).port}/served.git`, cloned, options)
    expect(readFileSync(join(cloned, 'Dockerfile'), 'utf8')).toBe('FROM scratch\n')
  } finally {
    server.close()
    rmSync(folder, { recursive: true, force: true })
  }
})
