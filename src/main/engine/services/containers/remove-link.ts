import { EngineError } from '#shared/errors.ts'
import type { ContainersContext } from './context.ts'
import { aliasOf } from './links.ts'

/** Takes back a link of the default bridge; what the running container knows of it stays until its next start. @throws not-found */
export async function removeLink(ctx: ContainersContext, reference: string, alias: string): Promise<void> {
  const { id } = ctx.records.get(reference)
  await ctx.locks.run(id, () => {
    const record = ctx.records.get(id)
    const links = record.host.Links ?? []
    const kept = links.filter((link) => aliasOf(link) !== alias)
    if (kept.length === links.length) throw new EngineError('not-found', `No such link: ${record.name}/${alias}`, { reason: 'no-such-link' })
    ctx.records.commit({ ...record, host: { ...record.host, Links: kept.length > 0 ? kept : null } })
  })
}
