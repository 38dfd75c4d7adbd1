import { createBridge, type Bridge, type ClientFrame, type ServerFrame } from '#shared/contract/bridge.ts'
import { decodeFrame, encodeFrame } from '#shared/contract/socket-frames.ts'

declare global {
  interface Window {
    /** Exposed by the preload; absent in a browser. */
    slipway?: Bridge
  }
}

/**
 * The bridge of this page: the preload's in the desktop app, a WebSocket to where the page came from in a browser.
 * @param onReachable in a browser only: whether Slipway itself can be reached, at each change.
 */
export const findBridge = (onReachable: (reachable: boolean) => void = () => {}): Bridge => window.slipway ?? createSocketBridge(onReachable)

/** The same frames in socket-frames' writing. While the socket is down frames wait; what was open when it broke ends with `unavailable`. */
function createSocketBridge(onReachable: (reachable: boolean) => void): Bridge {
  let waiting: (string | Uint8Array<ArrayBuffer>)[] = []
  let socket: WebSocket | undefined
  let delay = 250
  const { bridge, receive, lost, resumed } = createBridge((frame: ClientFrame) => {
    const bytes = encodeFrame(frame)
    if (socket?.readyState === WebSocket.OPEN) socket.send(bytes)
    else waiting.push(bytes)
  })

  function connect(again: boolean): void {
    const url = new URL('bridge', location.href)
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
    url.search = url.hash = ''
    const opening = new WebSocket(url)
    opening.binaryType = 'arraybuffer'
    socket = opening
    opening.onopen = () => {
      delay = 250
      waiting.splice(0).forEach((bytes) => opening.send(bytes))
      onReachable(true)
      if (again) resumed()
    }
    opening.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => receive(decodeFrame(typeof data === 'string' ? data : new Uint8Array(data)) as ServerFrame)
    opening.onclose = () => {
      waiting = []
      lost()
      onReachable(false)
      setTimeout(() => connect(true), (delay = Math.min(delay * 2, 5_000)))
    }
  }
  connect(false)
  return bridge
}
