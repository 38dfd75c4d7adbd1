import { EngineError, isEngineError } from '#shared/errors.ts'
import type { ContainersContext } from './context.ts'
import { publishContainerEvent } from './events.ts'
import { parseContainerName } from './names.ts'

export async function renameContainer(ctx: ContainersContext, reference: string, newName: string): Promise<void> {
  const { id } = ctx.records.get(reference)
  if (newName === '') throw new EngineError('invalid-argument', 'Neither old nor new names may be empty', { field: 'name' })
  await ctx.locks.run(id, () => {
    const record = ctx.records.get(id)
    const name = allocating(() => parseContainerName(newName))
    if (name === record.name) throw new EngineError('invalid-argument', 'Renaming a container with the same name as its current name', { field: 'name' })
    using _claim = allocating(() => ctx.records.claimName(name, id))
    const renamed = { ...record, name }
    ctx.records.commit(renamed)
    ctx.needs.networks.renameSandbox(id, name)
    publishContainerEvent(ctx, renamed, 'rename', { oldName: `/${record.name}` })
  })
}

/** As Docker says it, so that it does not read like the refusal of a create. */
function allocating<Value>(take: () => Value): Value {
  try {
    return take()
  } catch (error) {
    if (!isEngineError(error)) throw error
    throw new EngineError(error.code, `Error when allocating new name: ${error.message}`, { reason: error.reason, field: error.field, hint: error.hint, cause: error })
  }
}
