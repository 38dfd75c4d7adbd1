// Takes one defence after another out of a copy of the project and expects its test to fail.   npm run defences [-- CASE…]
// The cases are those of docs/attacks.md. What a line here takes out is the defence itself, not the words that tell of it.
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inRoot } from '../../scripts/project.mjs'

const ENGINE = 'src/main/engine'
const LAYERS = `host ${ENGINE}/core/layers/layers.host.test.ts`
const LAYERS_FUZZ = `host ${ENGINE}/core/layers/layers-fuzz.host.test.ts`
const FILES = `host ${ENGINE}/core/files/files.host.test.ts`
const CONFINEMENT = `host ${ENGINE}/core/runtime/confinement.host.test.ts`
const SPEC = `unit ${ENGINE}/core/runtime/spec/create-container-spec.test.ts`
const USER = `host ${ENGINE}/core/runtime/spec/user.host.test.ts`
const PULL = `host ${ENGINE}/services/images/pull.host.test.ts`
const REGISTRY = `unit ${ENGINE}/core/registry/registry.test.ts`
const OPEN_FROM = `return syscalls.openInRoot(descriptor, toPath(path === '' ? '/' : path), flags)`
const OPEN_TO = `return process.getBuiltinModule('node:fs').openSync(\`/proc/self/fd/\${descriptor}/\${toText(path)}\`, flags)`
const LOCATE = `${ENGINE}/core/files/locate.ts`
const HARDENING = 'unit scripts/desktop-hardening.test.ts'

/** Case, file, what is there, what is there instead, project and file of the test, words of its title. @type {[number, string, string | RegExp, string, string, string][]} */
const DEFENCES = [
  [1, `${ENGINE}/core/layers/rooted-path.ts`, `else if (parts.pop() === undefined) throw hostile(name, 'is outside of the root of the image')`, 'else parts.pop()', LAYERS, 'the name'],
  [2, `${ENGINE}/core/layers/apply-layer.ts`, 'constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW', 'constants.O_WRONLY | constants.O_CREAT', LAYERS, 'a hard link to a symbolic link, then a file written through it'],
  [2, `${ENGINE}/core/layers/rooted-path.ts`, `if (found.isSymbolicLink()) return readlinkSync(toPath(path), 'latin1')`, 'if (found.isSymbolicLink()) return undefined', LAYERS_FUZZ, 'nothing beside the tree is touched'],
  [3, `${ENGINE}/core/layers/apply-layer.ts`, `if (name === '' || name === '.' || name === '..') throw`, `if (name === '' || name === '.') throw`, LAYERS, 'is refused'],
  [5, `${ENGINE}/core/layers/worker.ts`, 'if (size > limit) throw', 'if (size < 0) throw', LAYERS, 'a bomb stops at the limit'],
  [6, `${ENGINE}/core/content/ingest-file.ts`, 'digest !== this.#expected.digest || this.#size !== this.#expected.size', 'this.#size < 0', PULL, 'wrong bytes, a wrong diff ID and a broken layer leave nothing'],
  [7, `${ENGINE}/core/registry/parse-manifest.ts`, `if ('manifests' in document && ('layers' in document || 'config' in document)) throw`, 'if (false as boolean) throw', `unit ${ENGINE}/core/registry/parse-manifest.test.ts`, 'one document that is image and index is refused'],
  [8, 'src/shared/oci/digest.ts', '/^sha256:[0-9a-f]{64}$/', '/^sha256:/', 'unit src/shared/oci/digest.test.ts', 'is no digest, and would be a path'],
  [9, `${ENGINE}/core/layers/worker.ts`, 'job.expected !== undefined && diffId !== job.expected', 'false as boolean', PULL, 'a wrong diff ID'],
  [10, `${ENGINE}/core/runtime/spec/image-file.ts`, 'if ((stat.mode & constants.S_IFMT) !== constants.S_IFREG) throw', 'if (stat.mode < 0) throw', USER, 'what is no file is not waited for'],
  [10, `${ENGINE}/core/runtime/spec/image-file.ts`, 'if (size > LARGEST) throw', 'if (size < 0) throw', USER, 'nor is a file without measure read'],
  [11, 'src/renderer/src/app/App.vue', '<template>', '<template><p v-html="1" />', 'unit src/renderer/src/locales/locales.test.ts', 'no template makes markup of text'],
  [12, `${ENGINE}/core/registry/authorization.ts`, `if (realm?.protocol === 'https:' || (realm?.protocol === 'http:' && mayBePlain)) return realm`, 'if (realm && mayBePlain !== undefined) return realm', REGISTRY, 'no credentials to a realm that is not secure'],
  [12, `${ENGINE}/core/registry/http.ts`, 'if (from.origin === to.origin) return request', 'if (from.origin !== undefined) return request', REGISTRY, 'a redirect to another host carries no credentials'],
  [15, `${ENGINE}/core/runtime/spec/working-directory.ts`, String.raw`if (/^\/(proc\/.+|dev)\/fd(\/|$)/.test(clean)) throw`, `if (clean === '') throw`, SPEC, 'working directory'],
  [16, LOCATE, OPEN_FROM, OPEN_TO, FILES, 'a link to the outside shows nothing of it, however fast it is swapped'],
  [20, `${ENGINE}/services/builder/remote-file.ts`, /connect: \{ lookup: checkedLookup\(resolve\) \}/, 'connect: {}', `unit ${ENGINE}/services/builder/remote-file.test.ts`, 'another address the second time'],
  [23, `${ENGINE}/core/runtime/spec/create-container-spec.ts`, 'seccomp: seccompOf(security, capabilities, facts)', 'seccomp: void seccompOf', CONFINEMENT, 'has the default capabilities and a seccomp filter'],
  [23, `${ENGINE}/core/runtime/spec/create-container-spec.ts`, 'maskedPaths: [...(security.maskedPaths ?? (privileged ? [] : maskedPaths()))]', 'maskedPaths: maskedPaths().slice(99)', CONFINEMENT, 'cannot read what is masked nor write what is read-only'],
  [23, `${ENGINE}/core/runtime/spec/create-container-spec.ts`, 'noNewPrivileges: security.noNewPrivileges === true', 'noNewPrivileges: false', CONFINEMENT, 'has no new privileges when told so'],
  [26, `${ENGINE}/core/runtime/spec/account-files.ts`, `name !== '' && ID.test(uid) && ID.test(gid) ?`, `name !== '' || ID.test(uid) ?`, `unit ${ENGINE}/core/runtime/spec/account-files.test.ts`, 'a line with a bad id makes nobody root'],
  [27, `${ENGINE}/core/runtime/process-life.ts`, 'BigInt(fields[19] ?? -1) === startTime', 'startTime >= 0n', `host ${ENGINE}/core/runtime/recovery.host.test.ts`, 'another process that got the pid is left alone'],
  [29, 'src/renderer/src/features/logs/ansi.ts', String.raw`|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\|$)|\x1b[ -/]*[0-~]?|[\x00-\x08\x0a-\x1f\x7f-\x9f]|\t/g`, String.raw`|\t/g`, 'unit src/renderer/src/features/logs/ansi.test.ts', 'whatever is printed, no control character is left'],
  [30, LOCATE, OPEN_FROM, OPEN_TO, LAYERS_FUZZ, 'copies into a container: nothing beside the tree is touched'],
  [34, `${ENGINE}/main.ts`, 'chmodSync(path, 0o660)', 'chmodSync(path, 0o666)', 'e2e e2e/faults/trust.test.ts', 'the engine listens on its socket and nowhere else'],
  [35, `${ENGINE}/api/server.ts`, `if (headers.origin === undefined && headers['sec-fetch-site'] === undefined) return`, `if (headers['x-none'] === undefined) return`, `unit ${ENGINE}/api/server.test.ts`, ''],
  [39, `${ENGINE}/core/network/firewall/ruleset.ts`, /\t\t[io]ifname @internal drop\n/g, '', `host ${ENGINE}/services/networks/user-networks.host.test.ts`, 'an internal network reaches nothing outside'],
  [44, `${ENGINE}/core/events/create-event-bus.ts`, 'at > last || last - at > SECOND ? at : last + 1n', 'at > last || last - at > SECOND * 10n ** 9n ? at : last + 1n', `unit ${ENGINE}/core/events/events.test.ts`, 'follow a clock that was set back'],
  [45, 'src/main/shell/electron/main-window.ts', 'sandbox: true', 'sandbox: false', HARDENING, 'one window, in a sandbox'],
  [45, 'src/main/shell/diagnostics/redact.ts', `key !== '' && secretName.test(key) ? taken`, `key === 'never' ? taken`, 'unit src/main/shell/diagnostics/redact.test.ts', 'values by the names of their keys'],
]

const asked = process.argv.slice(2).map(Number)
const copy = mkdtempSync(join(tmpdir(), 'slipway-defences-'))
try {
  for (const file of execFileSync('git', ['ls-files', '-z'], { cwd: inRoot('.'), encoding: 'utf8' }).split('\0').filter(Boolean)) cpSync(inRoot(file), join(copy, file))
  symlinkSync(inRoot('node_modules'), join(copy, 'node_modules'))
  for (const built of ['resources/bin', 'native/shim/build', 'native/init/build']) cpSync(inRoot(built), join(copy, built), { recursive: true })
  const kept = DEFENCES.filter(([number]) => asked.length === 0 || asked.includes(number)).map((defence) => ({ defence, outcome: without(...defence) }))
  const silent = kept.filter(({ outcome }) => outcome !== 'seen')
  process.stdout.write(`${kept.length - silent.length} of ${kept.length} removals were seen by their test\n`)
  process.exitCode = silent.length === 0 ? 0 : 1
} finally {
  rmSync(copy, { recursive: true, force: true })
}

/** @param {number} number @param {string} file @param {string | RegExp} from @param {string} to @param {string} test @param {string} title */
function without(number, file, from, to, test, title) {
  const place = join(copy, file)
  const whole = readFileSync(place, 'utf8')
  const changed = whole.replace(from, () => to)
  if (changed === whole) return told(number, file, 'is no longer there to be removed')
  const [project = '', path = ''] = test.split(' ')
  const run = () => spawnSync('npx', ['vitest', 'run', '--project', project, path, ...(title ? ['-t', title.replace(/[()]/g, '.')] : [])], { cwd: copy, encoding: 'utf8', timeout: 300_000 })
  if (run().status !== 0) return told(number, file, 'cannot be tried: its test fails as it is')
  writeFileSync(place, changed)
  const { status, stdout } = run()
  writeFileSync(place, whole)
  if (status === 0) return told(number, file, /Tests .*passed/.test(stdout) ? 'was not missed' : 'has no test of that name')
  return told(number, file, /Tests .*failed/.test(stdout) ? 'seen' : `could not be tried: ${stdout.slice(-300)}`)
}

/** @param {number} number @param {string} file @param {string} outcome */
function told(number, file, outcome) {
  process.stdout.write(`case ${number}, ${file}: ${outcome}\n`)
  return outcome
}
