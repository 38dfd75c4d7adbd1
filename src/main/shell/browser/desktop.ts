import { EngineError } from '#shared/errors.ts'
import type { Desktop } from '../application.ts'
import { describePath, listFolder } from '../host-folders.ts'
import { licences } from '../licences.ts'
import { updatesElsewhere } from '../updates/updates.ts'

/** A browser opens tabs and copies by itself; it has no dialog for folders of this machine, the page makes one of `listFolder`. */
export function browserDesktop(version: string): Desktop {
  const byThePage = async (): Promise<never> => {
    throw new EngineError('not-implemented', 'In a browser the page does this itself.')
  }
  return {
    updates: updatesElsewhere('server'),
    app: {
      facts: async () => ({ version, shell: 'browser', platform: process.platform, abilities: { choosePath: false, openExternal: false, copyText: false } }),
      licences,
      openExternal: byThePage,
      copyText: byThePage,
      notify: byThePage,
      choosePath: byThePage,
      startDrag: byThePage,
      listFolder,
      describePath,
    },
  }
}
