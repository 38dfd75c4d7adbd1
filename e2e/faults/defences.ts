// What `npm run defences` takes out, and which test is to miss it.
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
const CONTAINMENT = 'e2e e2e/faults/containment.test.ts'
const LOCATE = `${ENGINE}/core/files/locate.ts`
const HARDENING = 'unit scripts/desktop-hardening.test.ts'

/** Case, file, what is there, what is there instead, project and file of the test, words of its title. */
export const DEFENCES: readonly (readonly [number: number, file: string, from: string | RegExp, to: string, test: string, title: string])[] = [
  [1, `${ENGINE}/core/layers/rooted-path.ts`, `else if (parts.pop() === undefined) throw hostile(name, 'is outside of the root of the image')`, 'else parts.pop()', LAYERS, 'the name'],
  [2, `${ENGINE}/core/layers/apply-layer.ts`, 'constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW', 'constants.O_WRONLY | constants.O_CREAT', LAYERS, 'a hard link to a symbolic link, then a file written through it'],
  [2, `${ENGINE}/core/layers/rooted-path.ts`, `if (found.isSymbolicLink()) return readlinkSync(toPath(path), 'latin1')`, 'if (found.isSymbolicLink()) return undefined', LAYERS_FUZZ, 'nothing beside the tree is touched'],
  [3, `${ENGINE}/core/layers/apply-layer.ts`, `if (name === '' || name === '.' || name === '..') throw`, `if (name === '' || name === '.') throw`, LAYERS, 'is refused'],
  [4, `${ENGINE}/core/runtime/spec/devices.ts`, 'rule(false),\n', 'rule(true),\n', CONFINEMENT, 'cannot use a device that it makes'],
  [5, `${ENGINE}/core/layers/fill-directory.ts`, 'if (size > limit) throw', 'if (size < 0) throw', LAYERS, 'a bomb stops at the limit'],
  [6, `${ENGINE}/core/content/ingest-file.ts`, 'digest !== this.#expected.digest || this.#size !== this.#expected.size', 'this.#size < 0', PULL, 'wrong bytes, a wrong diff ID and a broken layer leave nothing'],
  [7, `${ENGINE}/core/registry/parse-manifest.ts`, `if ('manifests' in document && ('layers' in document || 'config' in document)) throw`, 'if (false as boolean) throw', `unit ${ENGINE}/core/registry/parse-manifest.test.ts`, 'one document that is image and index is refused'],
  [8, 'src/shared/oci/digest.ts', '/^sha256:[0-9a-f]{64}$/', '/^sha256:/', 'unit src/shared/oci/digest.test.ts', 'is no digest, and would be a path'],
  [9, `${ENGINE}/core/layers/fill-directory.ts`, 'job.expected !== undefined && diffId !== job.expected', 'false as boolean', PULL, 'a wrong diff ID'],
  [9, 'src/main/base/parse-json.ts', 'if (isTooDeep(text)) throw', 'if (text.length < 0) throw', 'unit src/main/base/parse-json.test.ts', ''],
  [10, `${ENGINE}/core/runtime/spec/image-file.ts`, 'if ((stat.mode & constants.S_IFMT) !== constants.S_IFREG) throw', 'if (stat.mode < 0) throw', USER, 'what is no file is not waited for'],
  [10, `${ENGINE}/core/runtime/spec/image-file.ts`, 'if (size > LARGEST) throw', 'if (size < 0) throw', USER, 'nor is a file without measure read'],
  [11, 'src/renderer/src/app/App.vue', '<template>', '<template><p v-html="1" />', 'unit src/renderer/src/locales/locales.test.ts', 'no template makes markup of text'],
  [12, `${ENGINE}/core/registry/authorization.ts`, `if (realm?.protocol === 'https:' || (realm?.protocol === 'http:' && mayBePlain)) return realm`, 'if (realm && mayBePlain !== undefined) return realm', REGISTRY, 'no credentials to a realm that is not secure'],
  [12, `${ENGINE}/core/registry/http.ts`, 'if (from.origin === to.origin) return request', 'if (from.origin !== undefined) return request', REGISTRY, 'a redirect to another host carries no credentials'],
  [13, `${ENGINE}/core/layers/rooted-path.ts`, `else if (parts.pop() === undefined) throw hostile(name, 'is outside of the root of the image')`, 'else parts.pop()', `host ${ENGINE}/services/images/images.host.test.ts`, 'hostile and broken archives are refused and leave nothing'],
  [13, `${ENGINE}/services/images/load.ts`, 'await removeBlobs(service, archive.digests)', '', `host ${ENGINE}/services/images/images.host.test.ts`, 'hostile and broken archives are refused and leave nothing'],
  [14, `${ENGINE}/services/images/pull.ts`, 'await fetchLayers(', 'void fetchLayers(', PULL, 'a cancelled pull leaves no half image'],
  [14, `${ENGINE}/services/images/shared-work.ts`, 'running.get(key) ?? start(key, work)', 'start(key, work)', PULL, 'two pulls of the same at once share the work'],
  [15, `${ENGINE}/core/runtime/spec/working-directory.ts`, String.raw`if (/^\/(proc\/.+|dev)\/fd(\/|$)/.test(clean)) throw`, `if (clean === '') throw`, SPEC, 'working directory'],
  [16, LOCATE, OPEN_FROM, OPEN_TO, FILES, 'a link to the outside shows nothing of it, however fast it is swapped'],
  [16, `${ENGINE}/services/builder/git-source.ts`, 'return toText(found.path)', 'return subfolder', `host ${ENGINE}/services/builder/git-source.host.test.ts`, 'a subfolder is one of the repository, whatever links and dots say'],
  [17, `${ENGINE}/services/builder/cache-mounts.ts`, `createHash('sha256').update(request.id).digest('hex').slice(0, 32)`, 'request.id', CONTAINMENT, 'mounts of a RUN that name places above'],
  [17, `${ENGINE}/services/builder/sweep.ts`, /await removeWork\(context\)[^]*?\n/, '\n', 'e2e e2e/faults/cut-build.test.ts', 'killed in the middle of a RUN step with mounts'],
  [17, `${ENGINE}/services/builder/steps/run.ts`, '  assertGranted(step, instruction)\n', '  void assertGranted\n', CONTAINMENT, 'a RUN gets neither the machine’s network nor its privileges'],
  [18, `${ENGINE}/core/runtime/spec/environment.ts`, `['PATH', DEFAULT_PATH],`, `...(Object.entries(globalThis.process.env) as [string, string][]), ['PATH', DEFAULT_PATH],`, CONTAINMENT, 'descriptors and environment of a first program'],
  [18, `${ENGINE}/services/builder/steps/run.ts`, /context\.snapshots\.removeMountStubs\(.*\n/, '\n', 'e2e e2e/api/build-reference.test.ts', 'nothing of a mount gets into the image'],
  [19, `${ENGINE}/services/builder/step-result.ts`, '&& layers.every((layer, index) => layer === candidate?.config.rootfs.diff_ids[index])', '&& layers.length > 0', CONTAINMENT, 'an image that claims the history of a build'],
  [20, `${ENGINE}/services/builder/remote-file.ts`, /connect: \{ lookup: checkedLookup\(resolve\) \}/, 'connect: {}', `unit ${ENGINE}/services/builder/remote-file.test.ts`, 'another address the second time'],
  [22, `${ENGINE}/core/runtime/spec/create-container-spec.ts`, 'checkRootFolders(input.rootfs.path)', 'void checkRootFolders', CONFINEMENT, 'is a link leads nowhere'],
  [23, `${ENGINE}/core/runtime/spec/create-container-spec.ts`, 'seccomp: seccompOf(security, capabilities, facts)', 'seccomp: void seccompOf', CONFINEMENT, 'has the default capabilities and a seccomp filter'],
  [23, `${ENGINE}/core/runtime/spec/create-container-spec.ts`, 'maskedPaths: [...(security.maskedPaths ?? (privileged ? [] : maskedPaths()))]', 'maskedPaths: maskedPaths().slice(99)', CONFINEMENT, 'cannot read what is masked nor write what is read-only'],
  [23, `${ENGINE}/core/runtime/spec/create-container-spec.ts`, 'noNewPrivileges: security.noNewPrivileges === true', 'noNewPrivileges: false', CONFINEMENT, 'has no new privileges when told so'],
  [24, `${ENGINE}/core/runtime/spec/default-mounts.ts`, `privileged ? [] : ['ro']`, 'privileged ? [] : []', CONTAINMENT, 'release agent'],
  [24, `${ENGINE}/core/runtime/spec/resources.ts`, 'pids: limits.pidsLimit === undefined ? undefined', 'pids: limits.pidsLimit !== 0 ? undefined', CONFINEMENT, 'stops at its pids limit'],
  [25, 'native/shim/src/main.c', 'close_range((unsigned)ready_fd + 1, ~0u, 0);', '', 'host native/shim/stdio.host.test.ts', 'the process has its three and no other'],
  [25, 'native/shim/src/streams.c', '*fd = null_open()', '*fd = open("/dev/null", O_RDWR | O_CLOEXEC)', 'host native/shim/stdio.host.test.ts', 'not the /dev/null of the machine'],
  [26, `${ENGINE}/core/runtime/spec/account-files.ts`, `name !== '' && ID.test(uid) && ID.test(gid) ?`, `name !== '' || ID.test(uid) ?`, `unit ${ENGINE}/core/runtime/spec/account-files.test.ts`, 'a line with a bad id makes nobody root'],
  [27, `${ENGINE}/core/runtime/recover.ts`, 'if (identity !== undefined && isAlive(identity)) host.syscalls.signalProcess(identity.pid, identity.startTime, SIGKILL)', 'if (identity !== undefined) process.kill(identity.pid, SIGKILL)', `host ${ENGINE}/core/runtime/recovery.host.test.ts`, 'another process that got the pid is left alone'],
  [28, 'native/shim/src/streams.c', 'clients_can_take(outputs[i].stream) ? EPOLLIN : 0', 'EPOLLIN', 'host native/shim/clients.host.test.ts', 'a stalled client makes the process wait, without growth'],
  [29, 'src/renderer/src/features/logs/ansi.ts', String.raw`|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\|$)|\x1b[ -/]*[0-~]?|[\x00-\x08\x0a-\x1f\x7f-\x9f]|\t/g`, String.raw`|\t/g`, 'unit src/renderer/src/features/logs/ansi.test.ts', 'whatever is printed, no control character is left'],
  [30, LOCATE, OPEN_FROM, OPEN_TO, LAYERS_FUZZ, 'copies into a container: nothing beside the tree is touched'],
  [31, `${ENGINE}/core/files/unpack.ts`, '  const tree = new TreeWriter(', `  process.getBuiltinModule('node:child_process').spawnSync('chroot', [\`/proc/\${process.pid}/fd/\${root.descriptor}\`, 'xz', '--version'])\n  const tree = new TreeWriter(`, CONTAINMENT, 'is unpacked by the engine'],
  [32, `${ENGINE}/services/volumes/create.ts`, '/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/', '/^[a-zA-Z0-9.][a-zA-Z0-9_./-]+$/', CONTAINMENT, 'volume names lead nowhere'],
  [33, `${ENGINE}/services/containers/remove.ts`, 'if (options.volumes) for', `for (const mount of record.mounts) if (mount.kind === 'bind' && options.volumes) await rm(mount.source, { recursive: true })\n  if (options.volumes) for`, CONTAINMENT, 'folders and socket may be mounted'],
  [34, `${ENGINE}/main.ts`, 'chmodSync(path, 0o660)', 'chmodSync(path, 0o666)', 'e2e e2e/faults/trust.test.ts', 'the engine listens on its socket and nowhere else'],
  [34, `${ENGINE}/main.ts`, 'closeToOthers([layout.dataRoot, layout.containersRun, layout.buildsRun])', 'for (const folder of [layout.dataRoot, layout.containersRun, layout.buildsRun]) process.getBuiltinModule("node:fs").chmodSync(folder, 0o711)', 'e2e e2e/faults/trust.test.ts', 'another user of the machine reaches no file'],
  [35, `${ENGINE}/api/server.ts`, `if (headers.origin === undefined && headers['sec-fetch-site'] === undefined) return`, `if (headers['x-none'] === undefined) return`, `unit ${ENGINE}/api/server.test.ts`, ''],
  [36, `${ENGINE}/api/exchange.ts`, 'if (size > JSON_LIMIT) throw', 'if (size < 0) throw', `unit ${ENGINE}/api/server.test.ts`, 'bodies: JSON objects only, bounded'],
  [36, `${ENGINE}/api/server.ts`, '{ backlog: BACKLOG, ...where }', 'where', `unit ${ENGINE}/api/server.test.ts`, 'wait in the kernel, and none is refused'],
  [36, `${ENGINE}/api/streams/request-body.ts`, `body.on('error', () => {})`, '', `unit ${ENGINE}/api/server.test.ts`, 'a client that goes away before its body is read ends nothing'],
  [38, `${ENGINE}/core/network/firewall/table-guard.ts`, 'if (waiting || !tellsOfRemoval(datagram, table)) return', 'if (waiting || !tellsOfRemoval(datagram, table) || table) return', `host ${ENGINE}/services/networks/networks.host.test.ts`, 'rules that another program flushed come back'],
  [38, `${ENGINE}/core/network/ports/port-claims.ts`, 'undo.defer(() => release(mappings))', '', `unit ${ENGINE}/core/network/ports/port-claims.test.ts`, 'what fails half way claims nothing'],
  [39, `${ENGINE}/core/network/firewall/ruleset.ts`, /\t\t[io]ifname @internal drop\n/g, '', `host ${ENGINE}/services/networks/user-networks.host.test.ts`, 'an internal network reaches nothing outside'],
  [40, `${ENGINE}/core/host/run-program.ts`, 'spawn(file, rest, {', 'spawn(file, rest, {\n    shell: true,', 'e2e e2e/faults/trust.test.ts', 'touch CANARY'],
  [41, `${ENGINE}/services/containers/restore.ts`, 'if (!task) return await settleLost(ctx, record)', 'if (!task) return void settleLost', 'e2e e2e/faults/reboot.test.ts', 'after a reboot what its policy wants runs again'],
  [41, `${ENGINE}/services/volumes/context.ts`, 'record?.unfinished ? undefined : record', 'record', `unit ${ENGINE}/services/volumes/cut-engine.test.ts`, 'a volume that was being made or removed is not there'],
  [42, `${ENGINE}/core/metadata/sqlite-metadata-store.ts`, '    reserve(database)\n', '    void reserve\n', 'e2e e2e/faults/conditions.test.ts', 'a full disk: what needs space is refused in words'],
  [42, `${ENGINE}/core/metadata/sqlite-metadata-store.ts`, `for (const step of undo.reverse()) step()`, '', `unit ${ENGINE}/core/metadata/metadata-store.test.ts`, ''],
  [43, 'src/main/connections/edit/put-back.ts', 'record.wasRunning && !old.State.Running && !old.State.Restarting', 'record.volumes.includes("x")', 'unit src/main/connections/edit/edit.test.ts', 'whatever call fails, before or after its effect, all is as it was'],
  [44, `${ENGINE}/core/events/create-event-bus.ts`, 'at > last || last - at > SECOND ? at : last + 1n', 'at > last || last - at > SECOND * 10n ** 9n ? at : last + 1n', `unit ${ENGINE}/core/events/events.test.ts`, 'follow a clock that was set back'],
  [45, 'src/main/shell/electron/main-window.ts', 'sandbox: true', 'sandbox: false', HARDENING, 'one window, in a sandbox'],
  [45, 'src/main/shell/diagnostics/redact.ts', `key !== '' && secretName.test(key) ? taken`, `key === 'never' ? taken`, 'unit src/main/shell/diagnostics/redact.test.ts', 'values by the names of their keys'],
]
