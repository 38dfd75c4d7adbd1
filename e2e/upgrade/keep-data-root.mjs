// Keeps a data root as this engine writes it, for later ones to open: data-roots/schema-N.tar.gz, and what was in it.
// To be run when a migration was added:   sudo node e2e/upgrade/keep-data-root.mjs
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MIGRATIONS } from '../../src/main/engine/core/metadata/migrate.ts'
import { startTestEngine } from '../fixtures/engine.ts'
import { startTestRegistry } from '../fixtures/registry.ts'
import { fill, packTree, tell } from './contents.ts'

await using stack = new AsyncDisposableStack()
const folder = await mkdtemp(join(tmpdir(), 'slipway-kept-'))
stack.defer(() => rm(folder, { recursive: true, force: true }))
const registry = stack.use(await startTestRegistry())
const engine = stack.use(await startTestEngine())
await fill(engine, registry, folder)
const told = await tell(engine)
// As a machine that lost its power leaves it: nothing is closed, and containers are recorded as running.
await engine.kill()
const name = join(import.meta.dirname, 'data-roots', `schema-${MIGRATIONS.length}`)
await packTree(engine.dataRoot, `${name}.tar.gz`)
await writeFile(`${name}.json`, `${JSON.stringify(told, null, 1)}\n`)
