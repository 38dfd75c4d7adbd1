import { app } from 'electron'
import { readDeepLink } from '../deep-link.ts'
import { addressAmong, addressOfPath } from '../openings.ts'
import { readStartWords } from '../start-options.ts'

type Show = (address: string | undefined) => void

/**
 * Links and files that the desktop hands over: as words of the first start or of a later one, which comes to this window, or on macOS by events that may
 * be there before there is a window. Heard from now on. @returns shows what was asked for so far, and whatever comes.
 */
export function hearOpenings(): (show: Show) => void {
  let show: Show | undefined
  let waiting: string | undefined
  const ask: Show = (address) => (show ? show(address) : void (waiting = address ?? waiting))

  // In development Electron's binary is not ours: only a packaged app may claim the scheme.
  if (app.isPackaged) app.setAsDefaultProtocolClient('slipway')
  app.on('second-instance', (_event, words, folder) => ask(addressIn(words, folder || undefined)))
  app.on('open-url', (event, url) => {
    event.preventDefault()
    ask(readDeepLink(url))
  })
  app.on('open-file', (event, path) => {
    event.preventDefault()
    ask(addressOfPath(path))
  })
  return (shows) => {
    show = shows
    show(waiting ?? addressIn(process.argv))
  }
}

/** In development the app is named after the program. */
function addressIn([, ...words]: readonly string[], folder?: string): string | undefined {
  const own = app.isPackaged ? [] : [app.getAppPath(), process.argv[1]]
  return addressAmong(readStartWords(words).filter((word) => !own.includes(word)), folder)
}
