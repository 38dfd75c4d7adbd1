import { EngineError } from '#shared/errors.ts'
import type { ImageId } from '#shared/oci/digest.ts'
import type { BuildRequest, NamedContext } from '../../services/builder/builder.ts'
import type { FolderChanges, FolderListing } from '../../services/builder/kept-contexts.ts'
import { BuildFailure } from './failure.ts'
import { readIgnored, readPatterns } from './ignored.ts'
import { namedContexts } from './named-contexts.ts'
import type { BuildkitNeeds } from './needs.ts'
import { decodeOptions, type BuildOptions } from './options.ts'
import type { Progress } from './progress.ts'
import type { Attributes, Definition } from './protocol/messages.ts'
import { answerRequest } from './requests.ts'
import { clientOf, upload } from './session/client.ts'
import type { WantedFiles } from './session/receive-files.ts'
import { folderKey, openFiles, readFiles } from './session/read-file.ts'
import type { Session, Sessions } from './session/sessions.ts'
import type { Solve } from './solves.ts'
import { observeSteps } from './steps.ts'

/** A Dockerfile build for a client: its files and options become a request to the builder, its steps become progress. `inputs`: results of other builds that the client passes on. */
export async function buildFor(needs: BuildkitNeeds, sessions: Sessions, solve: Solve, attributes: Attributes, inputs: Record<string, Definition> = {}): Promise<ImageId> {
  const options = decodeOptions(attributes)
  refuseCacheExports(solve)
  const session = await sessions.get(solve.request.Session, solve.signal)
  const contexts = await namedContexts(session, attributes, inputs)
  const remote = remoteContext(session, attributes)
  const dockerfile = remote && !attributes['dockerfilekey'] ? undefined : await loadDockerfile(session, solve.progress, attributes, options.dockerfile)
  const context = remote ?? openContext(session, solve.progress, {
    folder: contextFolder(attributes),
    exclude: await loadIgnored(session, solve.progress, attributes, dockerfile),
    follow: await pathsOf(needs, options, contexts, dockerfile),
  })
  try {
    return await needs.builder.build({
      ...options,
      tags: [],
      auths: {},
      entitlements: solve.request.Entitlements,
      ...(dockerfile && { dockerfileText: dockerfile.text }),
      context,
      contexts,
      signal: solve.signal,
      onMessage: () => {},
      observer: observeSteps(solve.ref, solve.progress),
      client: clientOf(session),
    })
  } catch (error) {
    throw new BuildFailure(error, dockerfile && { filename: options.dockerfile, text: dockerfile.text })
  }
}

/** A question about a Dockerfile, with no build. */
export async function answerFor(needs: BuildkitNeeds, sessions: Sessions, solve: Solve, attributes: Attributes): Promise<Record<string, Uint8Array>> {
  const session = await sessions.get(solve.request.Session, solve.signal)
  const name = attributes['filename'] || 'Dockerfile'
  const { text } = await loadDockerfile(session, solve.progress, attributes, name)
  return answerRequest(needs, { attributes, filename: name, text })
}

/** Docker's own store refuses the same. What is inline in an image is only read by BuildKit, and is left out. */
function refuseCacheExports({ request }: Solve): void {
  const other = request.Cache?.Exports.find(({ Type }) => Type !== 'inline')
  if (other) throw new EngineError('not-implemented', `exporting the cache to ${JSON.stringify(other.Type)} is not supported by this engine`, { hint: 'Leave out --cache-to: the cache is kept here.' })
}

/** A context that is not a folder of the client: a URL, a repository, or what comes over its standard input. */
function remoteContext(session: Session, attributes: Attributes): BuildRequest['context'] | undefined {
  const address = attributes['context']
  if (!address) return undefined
  const url = URL.parse(address)
  return url?.host === 'buildkit-session' ? { kind: 'tar', stream: upload(session, url) } : { kind: 'remote', url: address }
}

interface GivenDockerfile {
  name: string
  text: string
  /** Of a .dockerignore of its own. */
  ignore: string | undefined
}

function loadDockerfile(session: Session, progress: Progress, attributes: Attributes, name: string): Promise<GivenDockerfile> {
  return progress.during(`[internal] load build definition from ${name}`, async ({ status }) => {
    const files = await readFiles(session, attributes['dockerfilekey'] || 'dockerfile', [name, `${name}.dockerignore`])
    const text = files.get(name)
    if (text === undefined) throw new EngineError('not-found', `failed to read dockerfile: open ${name}: no such file or directory`, { hint: 'Name it with -f.' })
    status('transferring dockerfile:', { current: Buffer.byteLength(text) }, true)
    return { name, text, ignore: files.get(`${name}.dockerignore`) }
  })
}

/** Patterns for the client, which leaves out itself what they match. */
function loadIgnored(session: Session, progress: Progress, attributes: Attributes, dockerfile: GivenDockerfile | undefined): Promise<string[]> {
  return progress.during('[internal] load .dockerignore', async ({ status }) => {
    const patterns = dockerfile?.ignore === undefined ? await readIgnored(session, contextFolder(attributes)) : readPatterns(dockerfile.ignore)
    status('transferring context:', undefined, true)
    return patterns
  })
}

const contextFolder = (attributes: Attributes) => attributes['contextkey'] || 'context'

/** An image that is pulled anew, or stands for another, may want files that its name says nothing of. */
async function pathsOf({ builder }: BuildkitNeeds, { target, buildArgs, pull }: BuildOptions, contexts: Record<string, NamedContext>, dockerfile: GivenDockerfile | undefined): Promise<string[] | undefined> {
  if (!dockerfile || pull || Object.keys(contexts).length > 0) return undefined
  return builder.contextPaths({ text: dockerfile.text, buildArgs, ...(target !== undefined && { target }) })
}

function openContext(session: Session, progress: Progress, wanted: WantedFiles): BuildRequest['context'] {
  if (wanted.follow?.length === 0) return { kind: 'folder', key: undefined, changes: async () => ({ listing: new Map(), size: 0, content: undefined }) }
  return { kind: 'folder', key: folderKey(session, wanted), changes: (since) => receiveContext(session, progress, wanted, since) }
}

/** Shown as a step from the question to the last byte. */
async function receiveContext(session: Session, progress: Progress, wanted: WantedFiles, since: FolderListing): Promise<FolderChanges> {
  const opened = Promise.withResolvers<FolderChanges>()
  const shown = progress.during('[internal] load build context', async ({ status }) => {
    let [sum, next] = [0, 0]
    const changes = await openFiles(session, wanted, since, (total) => {
      sum = total
      if (performance.now() < next) return
      next = performance.now() + 200
      status('transferring context:', { current: sum })
    })
    opened.resolve(changes)
    await changes.received
    status('transferring context:', { current: sum }, true)
  })
  // The builder reads the archive and meets the same error there.
  shown.catch(opened.reject)
  return opened.promise
}
