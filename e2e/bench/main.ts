import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildApp } from '../fixtures/app-build.ts'
import { makeAppRoots } from '../fixtures/app-roots.ts'
import { startTestRegistry } from '../fixtures/registry.ts'
import { startBuiltEngine } from './built-engine.ts'
import { closeFakePage } from './fake-page.ts'
import { app } from './groups/app.ts'
import { builds } from './groups/builds.ts'
import { compose } from './groups/compose.ts'
import { containers } from './groups/containers.ts'
import { files } from './groups/files.ts'
import { growth } from './groups/growth.ts'
import { images } from './groups/images.ts'
import { lists } from './groups/lists.ts'
import { logs } from './groups/logs.ts'
import { memory, rest } from './groups/memory.ts'
import { network } from './groups/network.ts'
import { page } from './groups/page.ts'
import { describeMachine } from './machine.ts'
import { makeWorkload } from './workload.ts'
import { printTable } from './report.ts'
import { createBench, type Group } from './runner.ts'
import { createSubject } from './subject.ts'

// Memory first: an engine's idle memory is that of one that has just started.
const groups: Record<string, Group> = { memory, containers, lists, logs, files, builds, compose, images, network, growth, app, page, rest }

const { values: options, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, peer: { type: 'string' }, alone: { type: 'boolean', default: false }, json: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
})

if (options.help) printHelp()
else await measureEverything()

function printHelp() {
  console.log('npm run bench -- [--quick] [--peer unix://SOCKET | --alone] [--json FILE] [NAME…]\n\nNAME: a group or a part of a name; without one, everything:')
  for (const [name, group] of Object.entries(groups)) console.log(`  ${name}: ${Object.keys(group).join(', ')}`)
}

async function measureEverything() {
  const chosen = choose()
  if (chosen.length === 0) throw new Error(`nothing is called ${wanted.join(' or ')}; see --help`)
  // The page takes long to build, and only its own measurements need it.
  await (chosen.some(([name]) => name.startsWith('app: ')) ? buildApp() : buildApp('main'))
  await using parts = new AsyncDisposableStack()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void parts.disposeAsync().finally(() => process.exit(130)))
  const folder = await mkdtemp(join(tmpdir(), 'slipway-bench-'))
  parts.defer(() => rm(folder, { recursive: true, force: true }))
  parts.defer(closeFakePage)
  const registry = parts.use(await startTestRegistry())
  const roots = parts.use(await makeAppRoots())
  const engine = parts.use(await startBuiltEngine(roots))
  const subjects = [await createSubject('slipway', engine.socket)]
  const peer = findPeer()
  if (peer) subjects.push(await createSubject('peer', peer))
  const machine = await describeMachine(subjects)
  console.log(machine.lines.join('\n'))
  const bench = createBench({ subjects, quick: options.quick, folder, workload: makeWorkload({ folder, registry, quick: options.quick }), registry })
  parts.use(bench)
  for (const [name, scenario] of chosen) await bench.perform(name, scenario)
  printTable(bench.results)
  if (options.json) await writeFile(options.json, JSON.stringify({ machine: machine.facts, loadAtEnd: machine.load(), results: bench.results }, null, 1))
  if (bench.results.some((result) => result.failed)) process.exitCode = 1
}

function choose() {
  const all = Object.entries(groups).flatMap(([group, scenarios]) => Object.entries(scenarios).map(([name, scenario]) => [`${group}: ${name}`, scenario] as const))
  return wanted.length === 0 ? all : all.filter(([name]) => wanted.some((part) => name.includes(part)))
}

function findPeer(): string | undefined {
  if (options.alone) return undefined
  const given = options.peer?.replace(/^unix:\/\//, '')
  if (given) return given
  return ['/run/docker.sock', '/run/podman/podman.sock'].find((path) => existsSync(path))
}
