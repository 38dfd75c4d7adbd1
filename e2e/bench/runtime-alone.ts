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
  return timeProgram(runtime(), [...withoutCgroups(), 'run', '--bundle', bundle, `slipway-bench-${process.pid}-${count++}`])
}

const runtime = () => (existsSync('/usr/bin/crun') ? 'crun' : 'runc')

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

/** Where the machine's cgroups are not unified, crun refuses to take part. */
const withoutCgroups = () => (runtime() === 'crun' ? ['--cgroup-manager=disabled'] : [])
