// Containers under the engine of an earlier commit are taken over by this one.   npm run upgrade -- COMMIT
// As root, who may make overlays and bridges.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inRoot } from '../../scripts/project.mjs'

const [commit] = process.argv.slice(2)
if (commit === undefined) throw new Error('Which commit is upgraded from?   npm run upgrade -- COMMIT')
const checkout = mkdtempSync(join(tmpdir(), 'slipway-older-'))
try {
  execFileSync('tar', ['--extract', '-C', checkout], { input: execFileSync('git', ['-C', inRoot(), 'archive', commit], { maxBuffer: 1 << 30 }) })
  // What it needs of npm is here, at these versions or near; the native parts are its own.
  symlinkSync(inRoot('node_modules'), join(checkout, 'node_modules'))
  execFileSync(process.execPath, ['-e', "import('./scripts/native.mjs').then((native) => native.ensureNative())"], { cwd: checkout, stdio: 'inherit' })
  const environment = { ...process.env, SLIPWAY_OLDER_ENGINE: join(checkout, 'src/main/engine/main.ts') }
  process.exitCode = spawnSync(inRoot('node_modules/.bin/vitest'), ['run', '--project', 'e2e', 'e2e/upgrade/older-engine.test.ts'], { cwd: inRoot(), env: environment, stdio: 'inherit' }).status ?? 1
} finally {
  rmSync(checkout, { recursive: true, force: true })
}
