import { app } from './app.ts'
import { record } from './records.ts'

type Handler = (request: Request) => Response | Promise<Response>
const handlers = new Map<string, Handler>()
const declared = new Set<string>()

export const protocol = {
  registerSchemesAsPrivileged(schemes: { scheme: string }[]): void {
    if (app.isReady()) throw new Error('protocol.registerSchemesAsPrivileged should be called before app is ready')
    for (const { scheme } of schemes) declared.add(scheme)
  },
  handle(scheme: string, handler: Handler): void {
    if (!app.isReady()) throw new Error('protocol.handle can only be called after app is ready')
    if (handlers.has(scheme)) throw new Error(`The scheme '${scheme}' has a handler already`)
    handlers.set(scheme, handler)
  },
}

/** What a page of that address is answered with. The scheme must have been declared: undeclared ones have no origin. */
export async function fetchPage(url: string): Promise<Response> {
  const scheme = new URL(url).protocol.slice(0, -1)
  const handler = handlers.get(scheme)
  if (!handler || !declared.has(scheme)) throw new Error(`The stand-in serves declared and handled schemes only: ${url}`)
  return handler(new Request(url))
}

const defaultSession = {
  setPermissionRequestHandler: (handler: unknown) => record('permissionRequestHandler', typeof handler),
  setPermissionCheckHandler: (handler: unknown) => record('permissionCheckHandler', typeof handler),
  setDevicePermissionHandler: (handler: unknown) => record('devicePermissionHandler', typeof handler),
}
export const session = { defaultSession }
