import { statfs } from 'node:fs/promises'
import type { Contract, Implementation } from '#shared/contract/contract.ts'
import type { DataPlace } from '#shared/contract/data.ts'
import { EngineError } from '#shared/errors.ts'
import type { Connection } from '../../connections/connection.ts'
import type { CallContext } from '../../ipc/serve.ts'
import type { HostedEngine } from '../application.ts'
import type { SettingsStore } from '../settings-store.ts'
import { moveData } from './move-data.ts'
import type { MoveJournal } from './move-journal.ts'

export interface DataParts {
  engine: HostedEngine
  /** To the engine that is hosted. */
  connection: Connection
  settings: SettingsStore
  journal: MoveJournal
}

/** The data of the engine that this app hosts. */
export function dataCalls(parts: DataParts): Implementation<Contract, CallContext>['data'] {
  const { engine, connection, settings } = parts
  /** The engine itself says where it is: one that was adopted need not be where the settings say. One of ours that cannot start was told where to look. */
  async function rootNow(): Promise<string> {
    if (engine.data && engine.state().status === 'failed') return engine.data.root()
    const { DockerRootDir } = await connection.api.json<{ DockerRootDir: string }>('GET', '/info')
    return DockerRootDir
  }
  async function place(): Promise<DataPlace> {
    const path = await rootNow()
    const fixed = engine.data === undefined || engine.data.root() !== path ? 'external' : engine.data.isFixed ? 'command-line' : undefined
    return { path, former: settings.get().formerDataRoots, ...(fixed && { fixed }) }
  }
  const data = () => {
    if (engine.data) return engine.data
    throw new EngineError('not-implemented', 'The data of an engine that another program started is that program’s.', { reason: 'engine-external' })
  }
  let moving = false

  return {
    place,
    async measure(_, { signal }) {
      const { bytes } = await data().measure(signal)
      const { bavail, bsize } = await statfs(data().root())
      return { bytes, freeBytes: bavail * bsize }
    },
    async move({ folder }, operation) {
      const { fixed } = await place()
      if (fixed) throw new EngineError('failed-precondition', fixed === 'external' ? 'This engine was started by another program.' : 'Where the data is was given when the app was started.', { reason: `data-${fixed}`, hint: fixed === 'external' ? 'Move it where it was started.' : 'Start the app without --data-root.' })
      if (moving || (await parts.journal.read())) throw new EngineError('conflict', 'The data is being moved already.', { reason: 'data-moving' })
      moving = true
      try {
        await moveData({ ...parts, data: data() }, folder, operation)
      } finally {
        moving = false
      }
      return place()
    },
    async removeFormer({ path }, { signal }) {
      const { formerDataRoots } = settings.get()
      if (!formerDataRoots.includes(path) || path === data().root()) throw new EngineError('failed-precondition', `Nothing was moved away from ${path}.`, { reason: 'no-former-data' })
      await data().remove(path, signal).catch((error: unknown) => {
        // Somebody removed it by hand.
        if (!(error instanceof EngineError && error.reason === 'no-data-root')) throw error
      })
      await settings.change((now) => ({ formerDataRoots: now.formerDataRoots.filter((each) => each !== path) }))
      return place()
    },
  }
}
