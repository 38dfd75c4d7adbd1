import { EngineError, isEngineError } from '#shared/errors.ts'
import { bodyChunks, reply, type Answer, type Call } from './call.ts'
import { ociError } from './errors.ts'
import type { OciNeeds } from './needs.ts'

/** spec.md#pushing-blobs: in one go, in chunks, or by naming a blob that is here already. */
export const uploadAnswers = (images: OciNeeds): Record<'POST' | 'GET' | 'PATCH' | 'PUT' | 'DELETE', Answer> => ({
  async POST(call) {
    const mounted = call.query.get('mount')
    const here = mounted === null ? undefined : images.mount(call.name, mounted)
    if (here !== undefined) return created(call, here)
    const id = images.uploads.start(call.name)
    const digest = call.query.get('digest')
    if (digest === null) return status({ ...call, reference: id }, 202, 0)
    try {
      await images.uploads.append(call.name, id, bodyChunks(call.request))
      created(call, await images.uploads.finish(call.name, id, digest))
    } catch (error) {
      // Nobody knows of this upload, so nobody would go on with it.
      await images.uploads.cancel(call.name, id).catch(() => {})
      throw error
    }
  },
  async GET(call) {
    status(call, 204, await images.uploads.offset(call.name, call.reference))
  },
  async PATCH(call) {
    const size = await append(images, call)
    if (size !== undefined) status(call, 202, size)
  },
  async PUT(call) {
    const digest = call.query.get('digest')
    if (digest === null) throw new EngineError('invalid-argument', 'the digest is missing', { reason: 'invalid-digest' })
    if ((await append(images, call)) !== undefined) created(call, await images.uploads.finish(call.name, call.reference, digest))
  },
  async DELETE(call) {
    await images.uploads.cancel(call.name, call.reference)
    reply(call, 204)
  },
})

/** The bytes so far; undefined when the chunk does not go on where the upload is, which is answered here. */
async function append(images: OciNeeds, call: Call): Promise<number | undefined> {
  try {
    const from = startOf(call)
    return await images.uploads.append(call.name, call.reference, bodyChunks(call.request), from)
  } catch (error) {
    if (!isEngineError(error, 'failed-precondition')) throw error
    await outOfOrder(images, call, error)
    return undefined
  }
}

/** Where the chunk says it begins. @throws failed-precondition, invalid-argument */
function startOf({ request }: Call): number | undefined {
  const said = request.headers['content-range']
  if (said === undefined) return undefined
  const [, first, last] = /^(?:bytes[ =])?(\d{1,15})-(\d{1,15})(?:\/(?:\d+|\*))?$/.exec(said) ?? []
  if (first === undefined || last === undefined) throw new EngineError('failed-precondition', 'Content-Range is not START-END', { reason: 'out-of-order' })
  const length = request.headers['content-length']
  if (length !== undefined && Number(length) !== Number(last) - Number(first) + 1) throw new EngineError('invalid-argument', 'Content-Range and Content-Length differ', { reason: 'wrong-length' })
  return Number(first)
}

async function outOfOrder(images: OciNeeds, call: Call, error: EngineError): Promise<void> {
  const size = await images.uploads.offset(call.name, call.reference)
  const { status: code, body } = ociError(error)
  reply(call, code, { ...headersOf(call, size), 'Content-Type': 'application/json', Connection: 'close' }, JSON.stringify(body))
}

const status = (call: Call, code: number, size: number): void => reply(call, code, headersOf(call, size))

/** The end is included, so of nothing it is what it is of one byte. */
const headersOf = ({ name, reference }: Call, size: number) => ({ Location: `/v2/${name}/blobs/uploads/${reference}`, Range: `0-${Math.max(0, size - 1)}`, 'Docker-Upload-UUID': reference })

const created = (call: Call, digest: string): void => reply(call, 201, { Location: `/v2/${call.name}/blobs/${digest}`, 'Docker-Content-Digest': digest })
