import { EngineError } from '#shared/errors.ts'
import type { ImageId } from '#shared/oci/digest.ts'
import type { BuildRequest } from '../../services/builder/builder.ts'
import { BuildFailure } from './failure.ts'
import type { BuildkitNeeds } from './needs.ts'
import { decodeOptions } from './options.ts'
import type { Progress } from './progress.ts'
import type { Attributes } from './protocol/messages.ts'
import { clientOf, upload } from './session/client.ts'
import { openFiles, readFiles } from './session/read-file.ts'
import type { Session, Sessions } from './session/sessions.ts'
import type { Solve } from './solves.ts'
import { observeSteps } from './steps.ts'

/** A Dockerfile build for a client: its files and options become a request to the builder, its steps become progress. */
export async function buildFor(needs: BuildkitNeeds, sessions: Sessions, solve: Solve, attributes: Attributes): Promise<ImageId> {
  const options = decodeOptions(attributes)
  const session = await sessions.get(solve.request.Session, solve.signal)
  const remote = remoteContext(session, attributes)
  const dockerfile = remote && !attributes['dockerfilekey'] ? undefined : await loadDockerfile(session, solve.progress, attributes, options.dockerfile)
  const context = remote ?? openContext(session, solve.progress, attributes, await loadIgnored(session, solve.progress, attributes, dockerfile))
  try {
    return await needs.builder.build({
      ...options,
      tags: [],
      auths: {},
      ...(dockerfile && { dockerfileText: dockerfile.text }),
      context,
      signal: solve.signal,
      onMessage: () => {},
      observer: observeSteps(solve.ref, solve.progress),
      client: clientOf(session),
    })
  } catch (error) {
    throw new BuildFailure(error, dockerfile && { filename: options.dockerfile, text: dockerfile.text })
  }
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
    const text = dockerfile?.ignore ?? (await readFiles(session, contextFolder(attributes), ['.dockerignore'])).get('.dockerignore') ?? ''
    status('transferring context:', { current: Buffer.byteLength(text) }, true)
    return readPatterns(text)
  })
}

const contextFolder = (attributes: Attributes) => attributes['contextkey'] || 'context'

function openContext(session: Session, progress: Progress, attributes: Attributes, exclude: readonly string[]): BuildRequest['context'] {
  let sum = 0
  let report = () => {}
  const { stream, received } = openFiles(session, { folder: contextFolder(attributes), exclude }, (total) => {
    sum = total
    report()
  })
  const shown = progress.during('[internal] load build context', async ({ status }) => {
    let next = 0
    report = () => {
      if (performance.now() < next) return
      next = performance.now() + 200
      status('transferring context:', { current: sum })
    }
    await received
    status('transferring context:', { current: sum }, true)
  })
  // The builder reads the stream and meets the same error there.
  shown.catch(() => {})
  return { kind: 'tar', stream }
}

/** One pattern a line; comments and surrounding blanks are dropped: https://docs.docker.com/build/concepts/context/#syntax */
const readPatterns = (text: string): string[] => text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.replace(/^(!?)\s*\/+/, '$1'))
