import { randomBytes } from 'node:crypto'
import { EngineError } from '#shared/errors.ts'
import { formatTimestamp } from '#base/timestamps.ts'
import { wholeVolume, type VolumesContext } from './context.ts'
import { checkLocalOptions } from './local-options.ts'
import type { VolumeRecord, VolumeRequest } from './record.ts'

const VALID_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/
const ANONYMOUS_LABEL = 'com.docker.volume.anonymous'

/** The volume of that name, made when it is not there yet; without a name an anonymous one. */
export async function ensureVolume(ctx: VolumesContext, request: VolumeRequest): Promise<{ name: string; driver: string; created: boolean }> {
  const driver = request.driver || 'local'
  const name = request.name || randomBytes(32).toString('hex')
  if (driver !== 'local') throw new EngineError('not-found', `create ${name}: error looking up volume plugin ${driver}: plugin "${driver}" not found`, { reason: 'no-such-plugin', field: 'driver' })
  checkName(name)
  return await ctx.locks.run(name, async () => {
    const known = wholeVolume(ctx, name)
    // With other options too, as Docker's: the first ones stay.
    if (!known) await create(ctx, name, driver, request)
    return { name, driver, created: !known }
  })
}

function checkName(name: string): void {
  if (name.length > 255) throw new EngineError('invalid-argument', `create ${name.slice(0, 20)}…: volume name is too long, a folder's name has at most 255 characters`, { field: 'name' })
  if (VALID_NAME.test(name)) return
  if (name.length === 1) throw new EngineError('invalid-argument', `create ${name}: volume name is too short, names should be at least two alphanumeric characters`, { field: 'name' })
  throw new EngineError('invalid-argument', `create ${name}: "${name}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`, { field: 'name' })
}

const isEmpty = (map: Record<string, string> | undefined): boolean => map !== undefined && Object.keys(map).length === 0

/** The record first, marked, so that a folder never stands without one. */
async function create(ctx: VolumesContext, name: string, driver: string, request: VolumeRequest): Promise<void> {
  const options = request.driverOptions ?? {}
  checkLocalOptions(name, options)
  const labels = request.name ? (request.labels ?? {}) : { [ANONYMOUS_LABEL]: '', ...request.labels }
  const givenEmpty = [...(isEmpty(request.labels) ? (['labels'] as const) : []), ...(isEmpty(request.driverOptions) ? (['options'] as const) : [])]
  const record: VolumeRecord = { name, driver, createdAt: formatTimestamp(ctx.clock()), labels, options, anonymous: !request.name, ...(givenEmpty.length > 0 && { givenEmpty }), ...(request.tied && { tied: true }) }
  ctx.records.put(name, { ...record, unfinished: true })
  await ctx.storage.create(name)
  ctx.records.put(name, record)
  ctx.events.publish({ type: 'volume', action: 'create', id: name, attributes: { driver } })
}
