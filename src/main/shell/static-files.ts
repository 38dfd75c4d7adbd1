import { readFile } from 'node:fs/promises'
import { extname, join, normalize } from 'node:path'

/** One answer of the page's own files, the same in both shells. */
export interface StaticAnswer {
  status: 200 | 404
  headers: Record<string, string>
  body: Uint8Array<ArrayBuffer>
}

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
}

/**
 * What the page may do. Styles may be inline: xterm.js makes style elements at run time. Scripts may not, nor be evaluated, and nothing
 * is fetched from anywhere but where the page came from.
 */
export const contentSecurityPolicy = (connect: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "worker-src 'self' blob:",
    `connect-src 'self'${connect && ` ${connect}`}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
  ].join('; ')

/**
 * A file below `root`. What has no extension is a route of the page and answered with index.html. Names of built assets hold a
 * digest and may be kept for ever; pages may not be kept at all.
 */
export async function answerStatic(root: string, pathname: string, policy: string): Promise<StaticAnswer> {
  const wanted = decode(pathname)
  const path = wanted === undefined || extname(wanted) === '' ? '/index.html' : wanted
  const headers: Record<string, string> = {
    'content-type': types[extname(path)] ?? 'application/octet-stream',
    'content-security-policy': policy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'cache-control': path.startsWith('/assets/') ? 'max-age=31536000, immutable' : 'no-store',
  }
  try {
    return { status: 200, headers, body: await readFile(join(root, path)) }
  } catch {
    return { status: 404, headers: { ...headers, 'content-type': 'text/plain; charset=utf-8' }, body: new TextEncoder().encode('Not found.\n') }
  }
}

/** The path in normal form, which cannot climb above its root; undefined when it is no path. */
function decode(pathname: string): string | undefined {
  try {
    const path = normalize(`/${decodeURIComponent(pathname)}`)
    return path.includes('\0') ? undefined : path
  } catch {
    return undefined
  }
}
