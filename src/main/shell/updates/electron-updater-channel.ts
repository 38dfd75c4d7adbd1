import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CancellationToken, type UpdateInfo, type AppUpdater } from 'electron-updater'
import type { Release } from '#shared/contract/updates.ts'
import { EngineError } from '#shared/errors.ts'
import type { ReleaseChannel } from './updates.ts'

/** A channel over an updater of electron-updater that has its feed. What it finds is verified by SignedProvider and by the digests of the signed list. */
export function channelOf(updater: AppUpdater, log: (line: string) => void): ReleaseChannel {
  updater.autoDownload = false
  // Whoever says "later" finds it done the next time.
  updater.autoInstallOnAppQuit = true
  updater.allowDowngrade = false
  updater.allowPrerelease = false
  updater.disableWebInstaller = true
  updater.logger = { info: () => {}, warn: (message) => log(String(message)), error: (message) => log(String(message)) }
  // It is thrown as well, and told where it was asked for.
  updater.on('error', () => {})

  return {
    async find() {
      const found = await updater.checkForUpdates()
      return found?.isUpdateAvailable ? releaseOf(found.updateInfo) : undefined
    },
    async download({ signal, tell }) {
      const token = new CancellationToken()
      const progress = ({ transferred, total }: { transferred: number; total: number }) => tell(transferred, total)
      const cancel = () => token.cancel()
      if (signal.aborted) cancel()
      await mayReplaceItself()
      updater.on('download-progress', progress)
      signal.addEventListener('abort', cancel, { once: true })
      try {
        await updater.downloadUpdate(token)
      } finally {
        signal.removeEventListener('abort', cancel)
        updater.off('download-progress', progress)
      }
    },
    install: () => updater.quitAndInstall(true, true),
  }
}

/** Told before a long download, not after it. */
async function mayReplaceItself(): Promise<void> {
  const image = process.env['APPIMAGE']
  if (!image) return
  await access(dirname(image), constants.W_OK).catch((error: unknown) => {
    throw new EngineError('forbidden', `Slipway may not write to ${dirname(image)}, so it cannot replace itself there.`, { reason: 'update-place', hint: 'Move the AppImage to a folder of yours, and open it from there.', cause: error })
  })
}

function releaseOf({ version, files, releaseNotes }: UpdateInfo): Release {
  const notes = typeof releaseNotes === 'string' ? releaseNotes : (releaseNotes ?? []).map(({ note }) => note ?? '').join('\n\n')
  const bytes = files[0]?.size
  return { version, notes: notes.trim(), ...(bytes !== undefined && { bytes }) }
}
