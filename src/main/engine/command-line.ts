import { resolve } from 'node:path'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { EngineError } from '#shared/errors.ts'
import { defaultRoots, defaultSocket } from './default-roots.ts'
import { collectInsecure, collectPool, formatDefaults, parseLogOption, type EngineDefaults } from './engine-defaults.ts'
import { formatRegistry, readRegistry, type RegistryRequest } from './registry-request.ts'
import { formatTcp, readTcp, type TcpRequest } from './tcp-request.ts'
import { VERSION } from './version.ts'

/** What the user asked of the engine; all paths absolute. */
export interface CommandLine {
  dataRoot: string
  runRoot: string
  socket: string
  tcp: TcpRequest | undefined
  /** Its images are served there. */
  registry: RegistryRequest | undefined
  registryMirrors: string[]
  runtime: 'crun' | 'runc' | undefined
  defaults: EngineDefaults
  /** Containers end with the engine. */
  stopContainers: boolean
  debug: boolean
}

/** Exit statuses of the engine. */
export const EXIT = { stopped: 0, failed: 1, badUsage: 2, inUse: 3, hostLacks: 4, namespacesLost: 5, repairable: 10, needsYou: 11 } as const

const HELP = `
Exit status:
  0  stopped as asked; containers run on unless --stop-containers was given
  1  failed
  2  the command line was not understood
  3  another engine has the data root, the run root or the socket
  4  this machine lacks something the engine needs; the message says what, and how to get it
  5  the user's namespaces (RootlessKit) ended under the engine; starting it again makes new ones

slipway-engine doctor checks everything in a data root; slipway-engine doctor --help says more.

Use it with any Docker client:
  docker -H unix://SOCKET ps        or        export DOCKER_HOST=unix://SOCKET`

/** @throws CommanderError, with its exitCode, when there is nothing to run: --help, --version, or a mistake (already printed). */
export function parseCommandLine(args: readonly string[], environment: NodeJS.ProcessEnv = process.env, isRoot = process.geteuid!() === 0): CommandLine {
  const defaults = defaultRoots(environment, isRoot)
  const command = new Command('slipway-engine')
    .description("Slipway's container engine: the Docker Engine API on a unix socket.")
    .option('--data-root <dir>', 'images, containers, volumes', parsePath, defaults.dataRoot)
    .option('--run-root <dir>', 'what lives until the next boot', parsePath, defaults.runRoot)
    .option('--socket <path>', 'listen here (default: docker.sock in the run root)', parseSocket)
    .option('--tcp <host:port>', 'listen there too, for clients whose certificate --tls-ca signed; needs the three --tls options')
    .option('--tls-ca <file>', 'PEM: who signs the certificates of clients', parsePath)
    .option('--tls-cert <file>', 'PEM: the certificate shown to clients', parsePath)
    .option('--tls-key <file>', 'PEM: its key', parsePath)
    .option('--registry <host:port>', 'serve the images there, as an OCI registry; without a password on this machine only')
    .option('--registry-push', 'who shows the password may push')
    .option('--registry-user <name>', 'the name that goes with the password (default: slipway)')
    .option('--registry-password-file <file>', 'holds the password', parsePath)
    .option('--registry-cert <file>', 'PEM: its certificate (default: one of its own making, where it is not on loopback)', parsePath)
    .option('--registry-key <file>', 'PEM: the key of the certificate', parsePath)
    .option('--registry-mirror <url>', 'tried before docker.io; may be repeated', collectUrl)
    .option('--insecure-registry <host>', 'spoken to without checking its certificate, or by plain http; may be repeated', collectInsecure)
    .addOption(new Option('--runtime <name>', 'OCI runtime (default: crun where it works, else runc)').choices(['crun', 'runc']))
    .option('--default-address-pool <pool>', 'subnets of networks that name none: base=10.64.0.0/12,size=24; may be repeated', collectPool)
    .option('--log-max-size <size>', 'of the logs of containers that name no log driver: 10m', parseLogOption('max-size'))
    .option('--log-max-file <count>', 'how many files of such a log are kept', parseLogOption('max-file'))
    .option('--http-proxy <url>', 'for registries without TLS (default: HTTP_PROXY)', parseUrl)
    .option('--https-proxy <url>', 'for registries (default: HTTPS_PROXY)', parseUrl)
    .option('--no-proxy <hosts>', 'hosts that are spoken to directly (default: NO_PROXY)')
    .option('--stop-containers', 'stop all containers when the engine stops')
    .option('--debug', 'say more')
    .version(VERSION, '--version', 'print the version')
    .helpOption('--help', 'print this')
    .addHelpText('after', HELP)
    .allowExcessArguments(false)
    .exitOverride((error) => {
      throw error.exitCode === 0 ? error : new CommanderError(EXIT.badUsage, error.code, error.message)
    })
  const given = command.parse(args, { from: 'user' }).opts<Given>()
  try {
    return complete(given)
  } catch (error) {
    if (error instanceof EngineError) command.error(`error: ${error.message} ${error.hint ?? ''}`)
    throw error
  }
}

/** As commander gives it: what was not said is not there. */
interface Given {
  dataRoot: string
  runRoot: string
  socket?: string
  tcp?: string
  tlsCa?: string
  tlsCert?: string
  tlsKey?: string
  registry?: string
  registryPush?: boolean
  registryUser?: string
  registryPasswordFile?: string
  registryCert?: string
  registryKey?: string
  registryMirror?: string[]
  insecureRegistry?: string[]
  runtime?: 'crun' | 'runc'
  defaultAddressPool?: string[]
  logMaxSize?: string
  logMaxFile?: string
  httpProxy?: string
  httpsProxy?: string
  proxy?: string | boolean
  stopContainers?: boolean
  debug?: boolean
}

const complete = (given: Given): CommandLine => ({
  dataRoot: given.dataRoot,
  runRoot: given.runRoot,
  socket: given.socket ?? defaultSocket(given.runRoot),
  tcp: readTcp(given),
  registry: readRegistry(given),
  registryMirrors: given.registryMirror ?? [],
  runtime: given.runtime,
  defaults: defaultsOf(given),
  stopContainers: given.stopContainers ?? false,
  debug: given.debug ?? false,
})

/** The same request as arguments, for a process with another working directory. */
export function formatCommandLine(line: CommandLine): string[] {
  return [
    ...['--data-root', line.dataRoot, '--run-root', line.runRoot, '--socket', line.socket],
    ...(line.tcp ? formatTcp(line.tcp) : []),
    ...(line.registry ? formatRegistry(line.registry) : []),
    ...line.registryMirrors.flatMap((url) => ['--registry-mirror', url]),
    ...formatDefaults(line.defaults),
    ...(line.runtime ? ['--runtime', line.runtime] : []),
    ...(line.stopContainers ? ['--stop-containers'] : []),
    ...(line.debug ? ['--debug'] : []),
  ]
}

const defaultsOf = ({ defaultAddressPool = [], insecureRegistry = [], logMaxSize, logMaxFile, httpProxy, httpsProxy, proxy }: Given): EngineDefaults => ({
  addressPools: defaultAddressPool,
  logOptions: { ...(logMaxSize !== undefined && { 'max-size': logMaxSize }), ...(logMaxFile !== undefined && { 'max-file': logMaxFile }) },
  // Commander takes `--no-proxy HOSTS` for the value of `proxy`.
  proxy: { ...(httpProxy !== undefined && { http: httpProxy }), ...(httpsProxy !== undefined && { https: httpsProxy }), ...(typeof proxy === 'string' && { none: proxy }) },
  insecureRegistries: insecureRegistry,
})

const parsePath = (text: string): string => {
  if (text === '') throw new InvalidArgumentError('A path was expected.')
  return resolve(text)
}

const parseSocket = (text: string): string => parsePath(text.replace(/^unix:\/\//, ''))

const collectUrl = (text: string, before: string[] = []): string[] => [...before, parseUrl(text)]

function parseUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) throw new InvalidArgumentError('An http:// or https:// address was expected.')
  return text
}
