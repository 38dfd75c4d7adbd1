import { EngineError } from '#shared/errors.ts'
import type { Desktop } from '../application.ts'

/** A browser opens tabs and copies by itself; it has no folders of this machine to choose from. */
export function browserDesktop(version: string): Desktop {
  const byThePage = async (): Promise<never> => {
    throw new EngineError('not-implemented', 'In a browser the page does this itself.')
  }
  return {
    app: {
      facts: async () => ({ version, shell: 'browser', platform: process.platform, abilities: { pickFolder: false, openExternal: false, copyText: false } }),
      openExternal: byThePage,
      copyText: byThePage,
      pickFolder: byThePage,
    },
  }
}
