import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { loadSyscalls } from '../../host/syscalls.ts'
import { resolveUser } from './user.ts'

const root = mkdtempSync(join(tmpdir(), 'slipway-user-'))
const rootfs = join(root, 'rootfs')
const etc = join(rootfs, 'etc')
const host = { syscalls: loadSyscalls() }
afterAll(() => rmSync(root, { recursive: true }))

beforeEach(() => {
  rmSync(rootfs, { recursive: true, force: true })
  mkdirSync(etc, { recursive: true })
  writeFileSync(join(etc, 'passwd'), 'root:x:0:0:root:/root:/bin/sh\nwww:x:33:34::/var/www:\n1000:x:7:7::/odd:\ntwin:x:50:50::/first:\ntwin:x:51:51::/second:\nbroken:x:abc:0::/:\n')
  writeFileSync(join(etc, 'group'), 'root:x:0:\nwww:x:34:\nwheel:x:10:root,www\naudio:x:29:www\n')
})

const resolve = (user: string, groups?: string[]) => resolveUser({ rootfs, user, groups }, host)

test('names, ids and groups by Docker’s rules', async () => {
  expect(await resolve('')).toEqual({ uid: 0, gid: 0, additionalGids: [0, 10], home: '/root' })
  expect(await resolve('www')).toEqual({ uid: 33, gid: 34, additionalGids: [34, 10, 29], home: '/var/www' })
  expect(await resolve('33')).toEqual({ uid: 33, gid: 34, additionalGids: [34, 10, 29], home: '/var/www' })
  expect(await resolve('www:audio')).toEqual({ uid: 33, gid: 29, additionalGids: [29], home: '/var/www' })
  expect(await resolve('4242')).toEqual({ uid: 4242, gid: 0, additionalGids: [0], home: '/' })
  expect(await resolve('4242:4343')).toMatchObject({ uid: 4242, gid: 4343 })
  expect(await resolve('twin')).toMatchObject({ uid: 50, home: '/first' })
  expect((await resolve('www', ['wheel', '99'])).additionalGids).toEqual([34, 10, 29, 99])
})

test('digits are an id, never a name', async () => {
  expect(await resolve('1000')).toMatchObject({ uid: 1000, home: '/' })
})

test.each([
  ['nobody', 'unable to find user nobody: no matching entries in passwd file'],
  ['broken', 'unable to find user broken: no matching entries in passwd file'],
  ['0;x', 'unable to find user 0;x: no matching entries in passwd file'],
  ['0:0;x', 'unable to find group 0;x: no matching entries in group file'],
  ['www:none', 'unable to find group none: no matching entries in group file'],
  ['0:0:0', 'unable to find group 0:0: no matching entries in group file'],
  ['-1', 'uids and gids must be in range 0-2147483647'],
  ['4294967296', 'uids and gids must be in range 0-2147483647'],
  ['0:2147483648', 'uids and gids must be in range 0-2147483647'],
  ['+0', 'unable to find user +0'],
  [' 0', 'unable to find user  0'],
  ['0x0', 'unable to find user 0x0'],
])('%j is refused', async (user, message) => {
  await expect(resolve(user)).rejects.toThrow(message)
})

test('a group to add must exist', async () => {
  await expect(resolve('www', ['none'])).rejects.toThrow('Unable to find group none')
})

test('an image without the files has ids only', async () => {
  rmSync(etc, { recursive: true })
  expect(await resolve('0')).toEqual({ uid: 0, gid: 0, additionalGids: [0], home: '/' })
  await expect(resolve('www')).rejects.toThrow('unable to find user www')
})

test('links are followed within the image, and not out of it', async () => {
  rmSync(join(etc, 'passwd'))
  writeFileSync(join(rootfs, 'accounts'), 'inside:x:5:5::/in:\n')
  symlinkSync('/accounts', join(etc, 'passwd'))
  expect(await resolve('inside')).toMatchObject({ uid: 5 })
  writeFileSync(join(root, 'secret'), 'outside:x:6:6::/out:\n')
  for (const target of [join(root, 'secret'), '../../secret', `../../../../../..${join(root, 'secret')}`]) {
    rmSync(join(etc, 'passwd'))
    symlinkSync(target, join(etc, 'passwd'))
    await expect(resolve('outside')).rejects.toThrow('unable to find user outside')
  }
})

test('what is no file is not waited for', async () => {
  rmSync(join(etc, 'passwd'))
  execFileSync('mkfifo', [join(etc, 'passwd')])
  await expect(resolve('www')).rejects.toThrow('cannot read /etc/passwd of the container: it is not a regular file')
  rmSync(join(etc, 'passwd'))
  mkdirSync(join(etc, 'passwd'))
  await expect(resolve('0')).rejects.toThrow('not a regular file')
  rmSync(join(etc, 'passwd'), { recursive: true })
  symlinkSync('/etc/passwd', join(etc, 'passwd'))
  await expect(resolve('www')).rejects.toThrow(/cannot read \/etc\/passwd/)
})

test('nor is a file without measure read', async () => {
  writeFileSync(join(etc, 'group'), 'x'.repeat(10))
  truncateSync(join(etc, 'group'), 100 * 1024 * 1024)
  await expect(resolve('www')).rejects.toThrow('it is larger than 1048576 bytes')
})
