import { EngineError } from '#shared/errors.ts'

/** What a tmpfs may be mounted with, as Docker has it: the kernel's answer to anything else would be an unexplained "invalid argument". */
const FLAGS = new Set('defaults ro rw suid nosuid dev nodev exec noexec sync async dirsync remount mand nomand atime noatime diratime nodiratime bind rbind private unbindable rprivate runbindable shared rshared slave rslave relatime norelatime strictatime nostrictatime'.split(' '))
const VALUES = new Set('size mode uid gid nr_inodes nr_blocks mpol'.split(' '))

/** @throws invalid-argument */
export function checkTmpfsOptions(options: readonly string[]): void {
  for (const option of options) {
    const [name = '', ...value] = option.split('=')
    if (value.length === 0 ? FLAGS.has(name) : VALUES.has(name)) continue
    throw new EngineError('invalid-argument', `invalid tmpfs option ${JSON.stringify(option)}`, { field: 'mounts', hint: 'Use mount flags such as noexec, or size=, mode=, uid=, gid=, nr_inodes=.' })
  }
}
