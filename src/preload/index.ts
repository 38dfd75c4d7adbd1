import { contextBridge, ipcRenderer, webUtils } from 'electron'
import { bridgeChannel, createBridge, type ServerFrame } from '#shared/contract/bridge.ts'

/** Everything that crosses from the page to the main process goes over this one channel. Features add nothing here: the contract's table is in the main process. */
const { bridge, receive } = createBridge((frame) => ipcRenderer.send(bridgeChannel, frame))
ipcRenderer.on(bridgeChannel, (_event, frame: ServerFrame) => receive(frame))
contextBridge.exposeInMainWorld('slipway', { ...bridge, pathOfFile: (file: Parameters<typeof webUtils.getPathForFile>[0]) => webUtils.getPathForFile(file) })
