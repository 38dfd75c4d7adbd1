/** Go's os.FileMode is not the kernel's: https://pkg.go.dev/io/fs#FileMode */
const KINDS = { directory: 2 ** 31, symlink: 2 ** 27, device: 2 ** 26, fifo: 2 ** 25, socket: 2 ** 24, characterDevice: 2 ** 21, irregular: 2 ** 19 }
const BITS: readonly [go: number, unix: number][] = [
  [2 ** 23, 0o4000],
  [2 ** 22, 0o2000],
  [2 ** 20, 0o1000],
]

export type FileKind = 'file' | 'directory' | 'symlink' | 'other'

const has = (mode: number, bit: number) => Math.floor(mode / bit) % 2 === 1

export function kindOf(mode: number): FileKind {
  if (has(mode, KINDS.directory)) return 'directory'
  if (has(mode, KINDS.symlink)) return 'symlink'
  return [KINDS.device, KINDS.fifo, KINDS.socket, KINDS.characterDevice, KINDS.irregular].some((bit) => has(mode, bit)) ? 'other' : 'file'
}

/** Permissions with set-user-id, set-group-id and sticky, as the kernel has them. */
export const permissionsOf = (mode: number): number => (mode % 0o1000) + BITS.reduce((sum, [go, unix]) => sum + (has(mode, go) ? unix : 0), 0)

export const goMode = (kind: FileKind, permissions: number): number =>
  (permissions & 0o777) + BITS.reduce((sum, [go, unix]) => sum + (permissions & unix ? go : 0), 0) + (kind === 'directory' ? KINDS.directory : kind === 'symlink' ? KINDS.symlink : 0)
