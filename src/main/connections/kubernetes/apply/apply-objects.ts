import type { ApplyAnswer, ObjectName } from '#shared/contract/kubernetes-apply.ts'
import { isEngineError, type EngineError } from '#shared/errors.ts'
import { versionOf, type ApplyEntry, type ApplyJournal, type ApplyRecord } from './apply-record.ts'
import { differencesOf } from './differences.ts'
import type { KubernetesApi } from './kubernetes-api.ts'
import { nameOfObject, type WireObject } from './objects.ts'
import { refusalOf } from './plan.ts'
import { applyObject, readLive, type Resources } from './resources.ts'

interface Applying {
  journal: ApplyJournal
  record: ApplyRecord
  force: boolean
  signal: AbortSignal
  tell(done: number, total: number, subject: string): void
}
export interface Applied {
  applied: ApplyAnswer['applied']
  /** As the server keeps them. */
  objects: WireObject[]
  problem?: ApplyAnswer['problem']
}

/** One after the other, each written down before it is done. The first that is refused ends it; what was applied until then stays, and is told. */
export async function applyObjects(api: KubernetesApi, resources: Resources, objects: readonly WireObject[], { journal, record, force, signal, tell }: Applying): Promise<Applied> {
  const done: Applied = { applied: [], objects: [] }
  for (const [index, object] of objects.entries()) {
    const name = nameOfObject(object)
    tell(index, objects.length, `${name.kind} ${name.name}`)
    try {
      const before = await readLive(api, resources, object, signal)
      const entry: ApplyEntry = { name, ...(before && { before }) }
      record.entries.push(entry)
      await journal.write(record)
      const after = await applyObject(api, resources, object, { force, dryRun: false, signal }).catch(async (error: unknown) => {
        // The server said no: nothing was done. A connection that broke says nothing.
        if (isEngineError(error) && error.reason?.startsWith('kubernetes-')) record.entries.pop()
        throw error
      })
      const change = before === undefined ? 'created' : differencesOf(before, after).length > 0 ? 'changed' : 'unchanged'
      if (change === 'unchanged') record.entries.pop()
      else Object.assign(entry, { ...(after.metadata.uid !== undefined && { uid: after.metadata.uid }), after: versionOf(after) })
      await journal.write(record)
      done.applied.push({ ...name, change })
      done.objects.push(after)
    } catch (error) {
      if (!isEngineError(error)) throw error
      return { ...done, problem: problemOf(error, name, index, objects.length) }
    }
  }
  return done
}

function problemOf(error: EngineError, { kind, name }: ObjectName, done: number, total: number): NonNullable<ApplyAnswer['problem']> {
  const { reason = error.message, hint = error.hint, conflict } = refusalOf(error)
  const object = `${kind} ${name}`
  const words = conflict ? 'Another program manages these fields; it can be taken from it.' : hint
  return { message: error.code === 'cancelled' ? `It was called off before ${object}.` : `${object} was refused: ${reason}`, hint: [words, done === 0 ? 'Nothing was applied.' : `${done} of ${total} objects were applied before it.`].filter(Boolean).join(' ') }
}
