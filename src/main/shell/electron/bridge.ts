import { ipcMain, type BrowserWindow, type IpcMainEvent } from 'electron'
import { bridgeChannel } from '#shared/contract/bridge.ts'
import { serve, type Peer, type Session } from '../../ipc/serve.ts'
import { pageUrl } from './page-protocol.ts'

/** Joins a window to its session until it is closed. A reload ends what the page had open and starts afresh. */
export function bindWindow(window: BrowserWindow, session: Session): void {
  const { webContents } = window
  let peer = open()

  function open(): Peer {
    return serve(session, (frame) => {
      if (!webContents.isDestroyed()) webContents.send(bridgeChannel, frame)
    })
  }
  const take = (event: IpcMainEvent, frame: unknown) => {
    if (event.sender === webContents && isOurPage(event)) peer.receive(frame)
  }
  ipcMain.on(bridgeChannel, take)
  webContents.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
    if (!isMainFrame || isSameDocument) return
    peer.close()
    peer = open()
  })
  window.on('closed', () => {
    ipcMain.off(bridgeChannel, take)
    peer.close()
  })
}

/** The page itself, at the top of its window: not a frame in it, and nothing that took its place. */
const isOurPage = ({ sender, senderFrame }: IpcMainEvent) => senderFrame !== null && senderFrame === sender.mainFrame && senderFrame.url.startsWith(pageUrl)
