import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { timeProgram } from './processes.ts'

let bundle: string | undefined
let count = 0

/** The OCI runtime by itself runs `true` in a container without network: no engine can be faster. */
export function timeRuntime(): number {
  bundle ??= makeBundle()
  const command = [runtime(), 'run', '--bundle', bundle, `slipway-bench-${process.pid}-${count++}`]
  // crun refuses a machine with both kinds of cgroups, so the engine hides one of them from it, by the same program.
  if (existsSync(UNIFIED)) command.unshift(SHIM, 'runtime', '--hide', UNIFIED, '--')
  return timeProgram(command[0]!, command.slice(1))
}

const UNIFIED = '/sys/fs/cgroup/unified'
const SHIM = join(import.meta.dirname, '../../resources/bin/slipway-shim')

const runtime = () => (existsSync('/usr/bin/crun') ? '/usr/bin/crun' : '/usr/sbin/runc')

function makeBundle(): string {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-bundle-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'rootfs/bin'), { recursive: true })
  copyFileSync('/usr/bin/busybox', join(folder, 'rootfs/bin/true'))
  execFileSync(runtime(), ['spec'], { cwd: folder })
  const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as { process: { terminal: boolean; args: string[] } }
  config.process = { ...config.process, terminal: false, args: ['/bin/true'] }
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config))
  return folder
}
