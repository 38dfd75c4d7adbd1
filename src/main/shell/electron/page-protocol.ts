import { protocol } from 'electron'
import { answerStatic, contentSecurityPolicy } from '../static-files.ts'

/** A scheme of our own instead of file://, which could read any file of the disk. https://www.electronjs.org/docs/latest/tutorial/security#18-avoid-usage-of-the-file-protocol-and-prefer-usage-of-custom-protocols */
const scheme = 'app'
export const pageUrl = `${scheme}://slipway/`

/** Before Electron is ready. */
export const declareScheme = (): void => protocol.registerSchemesAsPrivileged([{ scheme, privileges: { standard: true, secure: true, supportFetchAPI: true } }])

export function servePage(rendererRoot: string): void {
  const policy = contentSecurityPolicy('')
  protocol.handle(scheme, async (request) => {
    const { hostname, pathname } = new URL(request.url)
    if (hostname !== 'slipway' || request.method !== 'GET') return new Response('Not found.\n', { status: 404 })
    const { status, headers, body } = await answerStatic(rendererRoot, pathname, policy)
    return new Response(body, { status, headers })
  })
}
