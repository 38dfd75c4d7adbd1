import { EngineError } from '#shared/errors.ts'
import type { Handler, Route } from './router.ts'

export interface RouteMatch {
  handle: Handler
  params: Record<string, string>
}

interface CompiledRoute {
  method: string
  pattern: RegExp
  names: string[]
  handle: Handler
  rank: string
}

/** Routes compiled once, found by method and path; a literal segment wins over a parameter, a parameter over a rest. */
export function createRouteTable(routes: readonly Route[]) {
  const byFirstSegment = new Map<string, CompiledRoute[]>()
  for (const route of routes) {
    const first = route.path.split('/')[1] ?? ''
    const bucket = byFirstSegment.get(first) ?? []
    bucket.push(compile(route))
    byFirstSegment.set(first, bucket)
  }
  for (const bucket of byFirstSegment.values()) bucket.sort((a, b) => (a.rank < b.rank ? -1 : 1))
  return {
    /** @throws invalid-argument when a parameter is not valid percent-encoding. */
    match(method: string, path: string): RouteMatch | undefined {
      for (const route of byFirstSegment.get(path.split('/', 2)[1] ?? '') ?? []) {
        if (route.method !== method) continue
        const found = route.pattern.exec(path)
        if (found) return { handle: route.handle, params: decodeParams(route.names, found) }
      }
      return undefined
    },
  }
}

function compile(route: Route): CompiledRoute {
  const names: string[] = []
  let rank = ''
  const source = route.path.split('/').slice(1).map((segment) => {
    const kind = segment[0]
    rank += kind === ':' ? '1' : kind === '*' ? '2' : '0'
    if (kind !== ':' && kind !== '*') return escapePattern(segment)
    names.push(segment.slice(1))
    return kind === ':' ? '([^/]+)' : '(.+)'
  })
  return { method: route.method, pattern: new RegExp(`^/${source.join('/')}/?$`), names, handle: route.handle, rank }
}

const escapePattern = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

function decodeParams(names: string[], found: RegExpExecArray): Record<string, string> {
  const params: Record<string, string> = {}
  for (const [index, name] of names.entries()) {
    try {
      params[name] = decodeURIComponent(found[index + 1] ?? '')
    } catch {
      throw new EngineError('invalid-argument', `invalid percent-encoding in the path`, { field: name })
    }
  }
  return params
}
