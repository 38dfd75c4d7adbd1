import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const APPLETS = ['sh', 'cat', 'sleep', 'true', 'id', 'ls', 'yes', 'head', 'touch', 'mkdir', 'stat', 'grep', 'env', 'kill', 'mount', 'unshare', 'dd', 'wc', 'hostname', 'readlink', 'ps', 'test'] as const

/** A root directory with a shell, for real containers in tests. */
export function makeRootfs(directory: string): string {
  for (const name of ['bin', 'proc', 'dev', 'sys', 'etc', 'tmp', 'sbin', 'root']) mkdirSync(join(directory, name), { recursive: true })
  copyFileSync('/bin/busybox', join(directory, 'bin/busybox'))
  for (const name of APPLETS) symlinkSync('busybox', join(directory, 'bin', name))
  writeFileSync(join(directory, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nwww:x:33:33:www:/var/www:/bin/false\n')
  writeFileSync(join(directory, 'etc/group'), 'root:x:0:\nwww:x:33:\ncdrom:x:24:www\naudio:x:29:www,root\n')
  return directory
}
