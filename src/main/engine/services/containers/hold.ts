import type { ContainersContext } from './context.ts'
import type { ContainerRecord } from './record.ts'

/** Does something to a container while no other verb does. @throws not-found */
export function holdContainer<Result>(ctx: Pick<ContainersContext, 'records' | 'locks'>, reference: string, work: (record: ContainerRecord) => Promise<Result>): Promise<Result> {
  const { id } = ctx.records.get(reference)
  return ctx.locks.run(id, () => work(ctx.records.get(id)))
}
