import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { removeDeep } from '#base/remove-tree.ts'
import { Command, CommanderError, Option } from 'commander'
import { serializeError } from '#shared/contract/errors.ts'
import { EngineError } from '#shared/errors.ts'
import { EXIT } from './command-line.ts'
import { acquireLock } from './core/host/exclusive-lock.ts'
import { enteredNamespaces, enterNamespaces, needsNamespaces } from './core/host/rootless/launch.ts'
import { loadSyscalls } from './core/host/syscalls.ts'
import { discardPartial, measureTree, relocate } from './core/relocation/relocate.ts'
import { defaultRoots } from './default-roots.ts'
import { createLayout, type Layout } from './layout.ts'

interface DataOptions {
  dataRoot: string
  runRoot: string
  to?: string
}
type Deed = 'measure' | 'move' | 'discard' | 'remove'

/** Of the engine that has the data root, not of the data. */
const OWN = ['lock', 'tmp']

const HELP = `
  measure  how much there is: {"bytes":…,"entries":…}
  move     a verified copy to --to, which must not exist; the data root itself is left as it is
  discard  what a move to --to that was killed left there
  remove   everything below the data root, for one that was moved

One line of JSON for each step is printed. move and remove need the data root for themselves: its engine must not run.`

/** `slipway-engine data measure|move|discard|remove`: the data root as a whole, in the user's namespaces where its files are theirs. */
export async function runData(args: readonly string[]): Promise<number> {
  try {
    return await run(args)
  } catch (error) {
    // For the program that started this one; the words for people follow.
    if (error instanceof EngineError) process.stderr.write(`${JSON.stringify(serializeError(error))}\n`)
    throw error
  }
}

async function run(args: readonly string[]): Promise<number> {
  const { deed, options } = parse(args)
  const layout = createLayout(options.dataRoot, options.runRoot)
  if (!existsSync(layout.dataRoot)) throw new EngineError('not-found', `${layout.dataRoot} does not exist.`, { reason: 'no-data-root' })
  if (needsNamespaces()) await enterNamespaces(layout, ['data', ...args])
  // Takes what RootlessKit put over the machine's own files away again.
  enteredNamespaces(layout)
  const stopping = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => stopping.abort())
  print(await carryOut(deed, layout, options, stopping.signal))
  return EXIT.stopped
}

async function carryOut(deed: Deed, layout: Layout, { to }: DataOptions, signal: AbortSignal): Promise<object> {
  if (deed === 'measure') return await measureTree(layout.dataRoot, OWN, signal)
  if (deed === 'discard') {
    if (to === undefined) throw new EngineError('invalid-argument', 'discard needs --to.')
    return { discarded: (await discardPartial(to)) ? to : undefined }
  }
  using _ = acquireLock(loadSyscalls(), layout.lockFile, `the data root ${layout.dataRoot}`)
  if (deed === 'remove') {
    if (!existsSync(layout.database) || !existsSync(layout.content)) throw new EngineError('failed-precondition', `${layout.dataRoot} does not look like a data root: nothing was removed.`, { reason: 'no-data-root' })
    await removeDeep(layout.dataRoot)
    return { removed: layout.dataRoot }
  }
  if (to === undefined) throw new EngineError('invalid-argument', 'move needs --to.')
  const moved = await relocate({ from: layout.dataRoot, to, without: OWN, syscalls: loadSyscalls(), signal, tell: throttled(print) })
  return { moved: to, ...moved, device: statSync(to).dev }
}

function parse(args: readonly string[]): { deed: Deed; options: DataOptions } {
  const roots = defaultRoots(process.env, process.geteuid!() === 0)
  const path = (text: string) => resolve(text)
  const command = new Command('slipway-engine data')
    .description('A data root as a whole: measured, moved, removed.')
    .argument('<deed>', 'measure, move, discard or remove')
    .addOption(new Option('--data-root <dir>', 'images, containers, volumes').argParser(path).default(roots.dataRoot))
    .addOption(new Option('--run-root <dir>', 'what lives until the next boot').argParser(path).default(roots.runRoot))
    .option('--to <dir>', 'where to', path)
    .addHelpText('after', HELP)
    .allowExcessArguments(false)
    .exitOverride((error) => {
      throw error.exitCode === 0 ? error : new CommanderError(EXIT.badUsage, error.code, error.message)
    })
    .parse(args, { from: 'user' })
  const [deed = ''] = command.args
  if (deed !== 'measure' && deed !== 'move' && deed !== 'discard' && deed !== 'remove') throw new EngineError('invalid-argument', `${deed} is none of measure, move, discard and remove.`)
  return { deed, options: command.opts<DataOptions>() }
}

const print = (line: object) => void process.stdout.write(`${JSON.stringify(line)}\n`)

/** Ten lines a second at most of one step, and the first of each. */
function throttled<Line extends { step: string }>(say: (line: Line) => void): (line: Line) => void {
  let last = { step: '', at: 0 }
  return (line) => {
    const now = performance.now()
    if (line.step === last.step && now - last.at < 100) return
    last = { step: line.step, at: now }
    say(line)
  }
}
