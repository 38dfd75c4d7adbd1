import { request } from 'node:http'
import { json } from 'node:stream/consumers'
import { resolve } from 'node:path'
import { existsSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { EngineError, isEngineError } from '#shared/errors.ts'
import { reportJson, type ReportJson } from './api/doctor/wire.ts'
import { EXIT } from './command-line.ts'
import { acquireLock } from './core/host/exclusive-lock.ts'
import type { HostCheck } from './core/host/host.ts'
import { enteredNamespaces, enterNamespaces, needsNamespaces } from './core/host/rootless/launch.ts'
import { loadSyscalls } from './core/host/syscalls.ts'
import { defaultRoots, defaultSocket } from './default-roots.ts'
import { lookAtMachine, machineInWords } from './doctor-machine.ts'
import { networkInstance } from './identity.ts'
import { createLayout, type Layout } from './layout.ts'
import type { Report } from './services/doctor/report.ts'

interface DoctorOptions {
  dataRoot: string
  runRoot: string
  socket?: string
  repair?: boolean
  json?: boolean
  /** Somebody said where the data root is. */
  named: boolean
}

const HELP = `
Exit status:
  0   nothing is wrong (any more)
  1   the check failed
  2   the command line was not understood
  4   this machine lacks something, and nothing is kept yet
  10  something is wrong that --repair would repair without loss
  11  something is wrong that needs you; the advice says what to do`

/** What was found, in the data root and of the machine. */
type Told = ReportJson & { Machine: HostCheck[] }

/** `slipway-engine doctor`: asks the engine of the data root, or looks itself when none is running. */
export async function runDoctor(args: readonly string[]): Promise<number> {
  const options = parse(args)
  const layout = createLayout(options.dataRoot, options.runRoot)
  if (!existsSync(layout.dataRoot)) return await tellMachine(layout, options)
  const found = (await lookOurselves(layout, options, args)) ?? (await askEngine(options))
  process.stdout.write(options.json ? `${JSON.stringify(found, null, 2)}\n` : `${machineInWords(found.Machine)}${inWords(found)}`)
  return statusOf(found)
}

/** Before the first start there is the machine to look at. @throws not-found for a data root that somebody named */
async function tellMachine({ dataRoot }: Layout, { json: asJson, named }: DoctorOptions): Promise<number> {
  if (named) throw new EngineError('not-found', `${dataRoot} does not exist: there is nothing to check.`)
  const checks = await lookAtMachine()
  process.stdout.write(asJson ? `${JSON.stringify({ Machine: checks }, null, 2)}\n` : `${machineInWords(checks)}Nothing is kept yet at ${dataRoot}.\n`)
  return checks.some(({ status }) => status === 'missing') ? EXIT.hostLacks : EXIT.stopped
}

function parse(args: readonly string[]): DoctorOptions {
  const roots = defaultRoots(process.env, process.geteuid!() === 0)
  const path = (text: string) => resolve(text)
  const command = new Command('slipway-engine doctor')
    .description('Says what this machine has and lacks for containers, checks everything in a data root, and says what is wrong and what to do.')
    .option('--data-root <dir>', 'images, containers, volumes', path, roots.dataRoot)
    .option('--run-root <dir>', 'what lives until the next boot', path, roots.runRoot)
    .option('--socket <path>', 'of its engine, when that runs (default: docker.sock in the run root)', path)
    .option('--repair', 'repair what can be repaired without loss')
    .option('--json', 'print the report as JSON')
    .addHelpText('after', HELP)
    .allowExcessArguments(false)
    .exitOverride((error) => {
      throw error.exitCode === 0 ? error : new CommanderError(EXIT.badUsage, error.code, error.message)
    })
    .parse(args, { from: 'user' })
  return { ...command.opts<Omit<DoctorOptions, 'named'>>(), named: command.getOptionValueSource('dataRoot') === 'cli' }
}

/** Undefined when an engine has the data root. */
async function lookOurselves(layout: Layout, { repair = false }: DoctorOptions, args: readonly string[]): Promise<Told | undefined> {
  using stack = new DisposableStack()
  try {
    stack.use(acquireLock(loadSyscalls(), layout.lockFile, `the data root ${layout.dataRoot}`))
  } catch (error) {
    if (isEngineError(error) && error.reason === 'data-root-in-use') return undefined
    throw error
  }
  if (needsNamespaces()) {
    // The files are those of the user's namespaces; what we become there takes the lock again.
    stack.dispose()
    await enterNamespaces(layout, ['doctor', ...args])
  }
  const [{ createHost }, { createEventBus }, { createLayers }, { openMetadataStore }, { whiteoutFormOf }, { createDoctor }, { createNetworks }] = await Promise.all([
    import('./core/host/create-host.ts'),
    import('./core/events/create-event-bus.ts'),
    import('./core/layers/worker-layers.ts'),
    import('./core/metadata/sqlite-metadata-store.ts'),
    import('./core/snapshots/open-snapshotter.ts'),
    import('./services/doctor/doctor.ts'),
    import('./services/networks/networks.ts'),
  ])
  const host = await createHost({ layout, namespaces: enteredNamespaces(layout) })
  await using layers = createLayers()
  try {
    using metadata = openMetadataStore(layout.database)
    await using networks = createNetworks({ host, metadata, events: createEventBus(), namespaces: layout.networkNamespaces, lockFile: layout.lockFile, instance: networkInstance(layout), log: () => {} })
    return told(await createDoctor({ layout, metadata, layers, form: whiteoutFormOf({ root: layout.snapshots, host }), running: false, needs: { networks } }).check({ repair }), host.facts.checks)
  } catch (error) {
    const findings = (await Array.fromAsync((await import('./services/doctor/check-database.ts')).checkDatabase({ layout }))).map((found) => ({ ...found, outcome: 'needs-you' as const }))
    // Without records nothing else can be judged.
    if (findings.length === 0) throw error
    return told({ checked: { blobs: 0, bytes: 0, layers: 0, images: 0, containers: 0, volumes: 0 }, findings }, host.facts.checks)
  }
}

const told = (report: Report, checks: HostCheck[]): Told => ({ Machine: checks, ...reportJson(report) })

async function askEngine({ socket, runRoot, repair }: DoctorOptions): Promise<Told> {
  const socketPath = socket ?? defaultSocket(runRoot)
  const [report, { checks }] = await Promise.all([ask<ReportJson>(socketPath, repair ? 'POST' : 'GET', '/slipway/doctor'), ask<{ checks: HostCheck[] }>(socketPath, 'GET', '/slipway/host')])
  return { Machine: checks, ...report }
}

async function ask<Answer>(socketPath: string, method: string, path: string): Promise<Answer> {
  const { promise, resolve: answered, reject } = Promise.withResolvers<Answer>()
  request({ socketPath, path, method, headers: { Host: 'slipway' } }, (response) => {
    if (response.statusCode === 200) return void json(response).then((body) => answered(body as Answer), reject)
    json(response).then((body) => reject(new EngineError('unavailable', `the engine answered ${response.statusCode}: ${(body as { message?: string }).message ?? ''}`)), reject)
  })
    .on('error', (error) => reject(new EngineError('unavailable', `an engine has this data root, and does not answer at ${socketPath}: ${error.message}`, { hint: 'Name its socket with --socket.' })))
    .end()
  return await promise
}

function inWords({ Checked: checked, Findings: findings }: ReportJson): string {
  const looked = `Looked at ${checked.Blobs} blobs (${(checked.Bytes / 1e6).toFixed(1)} MB), ${checked.Layers} layers, ${checked.Images} images, ${checked.Containers} containers and ${checked.Volumes} volumes.\n`
  if (findings.length === 0) return `${looked}Nothing is wrong.\n`
  const told = findings.map(({ What, Advice, Outcome }) => `${{ repaired: '✓ repaired', repairable: '! can be repaired', 'needs-you': '✗ needs you' }[Outcome]}: ${What}\n    ${Advice}\n`)
  const repairable = findings.some(({ Outcome }) => Outcome === 'repairable')
  return `${looked}\n${told.join('\n')}${repairable ? '\nRun it again with --repair to repair what can be repaired without loss.\n' : ''}`
}

function statusOf({ Findings: findings }: ReportJson): number {
  if (findings.some(({ Outcome }) => Outcome === 'needs-you')) return EXIT.needsYou
  return findings.some(({ Outcome }) => Outcome === 'repairable') ? EXIT.repairable : EXIT.stopped
}
