import { mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { EngineError } from '#shared/errors.ts'
import { writeFileAtomic } from '#base/atomic-file.ts'
import { errnoOf, fromSystemError } from '#base/system-error.ts'
import { initialSettings, type SharingSettings } from './settings.ts'

/** The settings, in a file that nobody but the engine's user may read: the key of the certificate is in it. */
export interface SettingsFile {
  read(): Promise<SharingSettings>
  write(settings: SharingSettings): Promise<void>
}

export const openSettingsFile = (path: string): SettingsFile => ({
  async read() {
    let text: string
    try {
      text = await readFile(path, 'utf8')
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return initialSettings
      throw fromSystemError(error, `cannot read ${path}`)
    }
    try {
      return { ...initialSettings, ...(JSON.parse(text) as SharingSettings) }
    } catch (cause) {
      throw new EngineError('data-loss', `${path} is damaged`, { reason: 'settings-damaged', hint: 'Remove it; the registry is off then, and can be set up again.', cause })
    }
  },
  async write(settings) {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await writeFileAtomic(path, JSON.stringify(settings), 0o600).catch((error: unknown) => Promise.reject(fromSystemError(error, `cannot write ${path}`)))
  },
})
