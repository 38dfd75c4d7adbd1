import { randomBytes } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { StringDecoder } from 'node:string_decoder'
import { EngineError } from '#shared/errors.ts'
import { shortId } from '#shared/oci/digest.ts'
import { environmentOf, type InstructionOf } from '../../../core/dockerfile/dockerfile.ts'
import type { MountInput } from '../../../core/runtime/spec/container-spec.ts'
import { createContainerSpec } from '../../../core/runtime/spec/create-container-spec.ts'
import type { Sandbox, SandboxRequest } from '../../../core/network/sandbox.ts'
import type { ContainerLayout } from '../../../layout.ts'
import type { Step } from '../build-run.ts'
import type { CommittedLayer } from '../needs.ts'
import { defaults, shellOf, workingDirectory, type StageState } from '../stage-state.ts'
import { finishStep } from '../step-result.ts'
import { PROXY_ARGUMENTS } from './arguments.ts'
import { describeMounts, mountEnvironment, withRunMounts } from './run-mounts.ts'

/** RUN: a container on the state so far; what it changed is the layer. */
export async function runStep(step: Step, instruction: InstructionOf<'RUN'>): Promise<StageState> {
  assertGranted(step, instruction)
  const args = commandOf(instruction, step.state)
  const buildArgs = visibleArguments(step.state)
  const shown = buildArgs.filter(([name]) => !PROXY_ARGUMENTS.has(name) || step.state.declaredProxies?.has(name)).map(([name, value]) => `${name}=${value}`)
  const createdBy = [...(shown.length > 0 ? [`|${shown.length}`, ...shown] : []), ...args].join(' ')
  const mounted = await describeMounts(step, instruction.mounts)
  const inputs = [...(mounted === undefined ? [] : [mounted]), ...surroundings(step, instruction)].join('\n')
  const environment = [...buildArgs.map(([name, value]) => `${name}=${value}`), ...(defaults(step.state).Env ?? [])]
  return finishStep(step, {
    createdBy,
    next: step.state,
    ...(inputs && { inputs }),
    make: () => withRunMounts(step, instruction.mounts, async (mounts) => runContainer(step, instruction, { args, environment: [...environment, ...(await mountEnvironment(step, instruction.mounts))], mounts })),
  })
}

/** A Dockerfile, or an image by its ONBUILD, may ask for the machine's network and privileges; whoever builds has to say that it gets them. */
function assertGranted({ run: { request } }: Step, { network, security }: InstructionOf<'RUN'>): void {
  const asked = [...(network === 'host' && request.network !== 'host' ? ['network.host'] : []), ...(security === 'insecure' ? ['security.insecure'] : [])]
  const refused = asked.find((entitlement) => !request.entitlements.includes(entitlement))
  if (refused !== undefined) throw new EngineError('forbidden', `${refused} is not allowed`, { reason: 'not-granted', hint: `The step asks for more than a container has. Where that is wanted: docker buildx build --allow ${refused}` })
}

/** What the same command may come out otherwise by, beside the files. */
function surroundings({ run: { request } }: Step, { network, security }: InstructionOf<'RUN'>): string[] {
  const mode = networkMode(request, network)
  return [...(mode === 'default' ? [] : [`network=${mode}`]), ...(security === 'insecure' ? ['security=insecure'] : []), ...request.extraHosts.map((host) => `host=${host}`)]
}

const networkMode = (request: { network: string }, asked: InstructionOf<'RUN'>['network']): string => (asked === 'default' ? request.network : asked)

function commandOf({ command, heredocs }: InstructionOf<'RUN'>, state: StageState): string[] {
  if (command.form === 'exec') return command.args
  if (heredocs.length === 0) return [...shellOf(state), command.line]
  const [first] = heredocs
  const alone = /^\d*<<-?["']?[\w.]+["']?$/.test(command.line.trim())
  // A lone here-document is a script: with #! it is run as a file, without it is given to the shell.
  if (alone && !first!.content.startsWith('#!')) return [...shellOf(state), first!.content]
  if (alone) return [...shellOf(state), scriptFile(first!.content)]
  return [...shellOf(state), [command.line, ...heredocs.map((heredoc) => `${heredoc.content}${heredoc.name}`)].join('\n')]
}

/** Runs a #! script from a temporary file, which is gone before the layer is taken. The same script gives the same command, so that the cache finds it. */
function scriptFile(content: string): string {
  let end = 'SLIPWAY'
  while (content.includes(end)) end += '_'
  return `f=$(mktemp) && cat > "$f" <<'${end}'\n${content}${end}\nchmod +x "$f" && "$f"; s=$?; rm -f "$f"; exit $s`
}

const visibleArguments = (state: StageState): [string, string][] => {
  const env = environmentOf(defaults(state))
  return [...state.args].flatMap(([name, value]): [string, string][] => (value === undefined || env.has(name) ? [] : [[name, value]])).sort(([a], [b]) => (a < b ? -1 : 1))
}

interface Command {
  args: string[]
  environment: string[]
  mounts: MountInput[]
}

async function runContainer(step: Step, instruction: InstructionOf<'RUN'>, command: Command): Promise<CommittedLayer> {
  const { context, lease, signal } = step.run
  const id = randomBytes(32).toString('hex')
  const layout = context.layout.buildStep(id)
  step.say(` ---> Running in ${shortId(id)}\n`)
  await using undo = new AsyncDisposableStack()
  undo.defer(async () => {
    await rm(layout.data, { recursive: true, force: true })
  })
  await Promise.all([mkdir(layout.rootfs, { recursive: true }), mkdir(layout.data, { recursive: true })])
  await context.snapshots.prepare(id, step.state.chain, { marked: true })
  undo.defer(async () => {
    if (context.snapshots.hasActive(id)) await context.snapshots.remove(id)
  })
  await runProcess(step, instruction, { ...command, id, layout })
  context.snapshots.removeMountStubs(context.snapshots.changesOf({ key: id }), step.state.chain, command.mounts.map((mount) => mount.target))
  const layer = await context.images.commitLayer(id, { parent: step.state.chain, lease, signal })
  step.say(` ---> Removed intermediate container ${shortId(id)}\n`)
  return layer
}

async function runProcess(step: Step, instruction: InstructionOf<'RUN'>, command: Command & { id: string; layout: ContainerLayout }): Promise<void> {
  const { context, request, signal } = step.run
  const { id, layout } = command
  await using undo = new AsyncDisposableStack()
  const mode = networkMode(request, instruction.network)
  const [sandbox] = await Promise.all([networkOf(step, id, mode, undo), context.snapshots.mount(id, layout.rootfs, { volatile: true })])
  undo.defer(() => context.snapshots.unmount(layout.rootfs))

  const { spec } = await createContainerSpec(
    {
      id,
      rootfs: { path: layout.rootfs, readonly: false },
      process: { args: command.args, env: command.environment, cwd: workingDirectory(step.state), user: defaults(step.state).User ?? '', tty: false },
      hostname: shortId(id),
      files: sandbox ? await writeNameFiles(layout, sandbox.files) : {},
      mounts: command.mounts,
      namespaces: { network: sandbox ? { sandbox: sandbox.namespacePath } : 'host' },
      security: instruction.security === 'insecure' ? { privileged: true } : {},
      limits: request.limits,
      ulimits: request.ulimits,
      ...(request.shmSize ? { shmSize: request.shmSize } : {}),
      ...(request.cgroupParent ? { cgroupParent: request.cgroupParent } : {}),
    },
    context.host,
  )
  const task = await context.runtime.createTask({ id, spec, stdin: 'none', tty: false, layout })
  undo.defer(() => task.remove())
  const code = await attended(step, task, signal)
  if (code !== 0)
    throw new EngineError('failed-precondition', `The command '${command.args.join(' ')}' returned a non-zero code: ${code}`, { reason: `exit-code-${code}` })
}

/** A network stack of the step's own, that of a running container, or (undefined) the machine's. */
async function networkOf(step: Step, id: string, mode: string, undo: AsyncDisposableStack): Promise<Sandbox | undefined> {
  const { networks } = step.run.context
  if (mode === 'host') return undefined
  if (!mode.startsWith('container:')) {
    undo.defer(() => networks.disconnectSandbox(id))
    return networks.connectSandbox(sandboxRequest(step, id, mode))
  }
  const container = mode.slice('container:'.length)
  const joined = networks.findSandboxOf(container)
  if (!joined) throw new EngineError('failed-precondition', `cannot join network of a non running container: ${container}`, { reason: 'not-running' })
  return joined
}

/** The step sees them as its /etc/hosts and /etc/resolv.conf. */
async function writeNameFiles({ hostsFile, resolvConfFile }: ContainerLayout, files: { hosts: string; resolvConf: string }): Promise<{ hosts: string; resolvConf: string }> {
  await Promise.all([writeFile(hostsFile, files.hosts), writeFile(resolvConfFile, files.resolvConf)])
  return { hosts: hostsFile, resolvConf: resolvConfFile }
}

/** Runs the task to its end, passing its output on; a cancelled build kills it. */
async function attended(step: Step, task: Awaited<ReturnType<Step['run']['context']['runtime']['createTask']>>, signal: AbortSignal): Promise<number> {
  await using stream = await task.attach({ stdin: false, stdout: true, stderr: true })
  await task.start()
  const stop = () => void task.signal(9).catch(() => {})
  signal.addEventListener('abort', stop)
  try {
    const decoders = { stdout: new StringDecoder(), stderr: new StringDecoder() }
    for await (const { stream: name, bytes } of stream.output()) {
      const text = decoders[name].write(Buffer.from(bytes))
      step.observer?.output(step.id, name, text)
      step.say(colored(name, text))
    }
    const exit = await task.exited
    signal.throwIfAborted()
    return exit.code
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** Errors are red, as Docker's builder sends them; a client that shows no colours takes the codes away. */
const colored = (name: 'stdout' | 'stderr', text: string): string => (name === 'stderr' && text !== '' ? `\u001b[91m${text}\u001b[0m` : text)

const sandboxRequest = (step: Step, id: string, mode: string): SandboxRequest => ({
  containerId: id,
  name: id,
  hostname: shortId(id),
  kind: mode === 'none' ? 'none' : 'private',
  endpoints: mode === 'none' ? [] : [{ network: mode === 'default' ? 'bridge' : mode, aliases: [] }],
  ports: [],
  dns: { servers: [], search: [], options: [] },
  extraHosts: step.run.request.extraHosts,
})
