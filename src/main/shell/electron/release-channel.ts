import { app } from 'electron'
import { join } from 'node:path'
import type { UpdatesBy } from '#shared/contract/updates.ts'
import { packageKind, readFeed } from '../updates/package-kind.ts'
import type { ReleaseChannel } from '../updates/updates.ts'

/** The channel of the package that runs, or who else brings releases. electron-updater is loaded only where it is used. */
export async function openReleaseChannel(projectRoot: string): Promise<{ channel: ReleaseChannel | undefined; by: UpdatesBy }> {
  const none = (by: UpdatesBy) => ({ channel: undefined, by })
  if (!app.isPackaged) return none('source')
  const kind = packageKind(process.resourcesPath)
  if (kind !== 'itself') return none(kind)
  const feed = readFeed(process.resourcesPath, join(projectRoot, 'resources', 'update-key.pem'))
  if (!feed) return none('no-feed')
  const [{ AppImageUpdater, MacUpdater, NsisUpdater }, { SignedProvider }, { channelOf }] = await Promise.all([import('electron-updater'), import('../updates/signed-provider.ts'), import('../updates/electron-updater-channel.ts')])
  const Updater = { darwin: MacUpdater, win32: NsisUpdater }[process.platform as string] ?? AppImageUpdater
  const updater = new Updater()
  updater.setFeedURL({ provider: 'custom', updateProvider: SignedProvider, ...feed } as never)
  return { channel: channelOf(updater, console.error), by: 'no-feed' }
}
