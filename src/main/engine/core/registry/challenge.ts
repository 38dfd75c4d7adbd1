/** What a registry asks for in WWW-Authenticate (RFC 9110, 11.6.1). */
export type Challenge = { scheme: 'basic' } | { scheme: 'bearer'; realm: string; service: string | undefined; scope: string | undefined }

/** The strongest challenge we can answer; undefined where there is none. */
export function parseChallenge(header: string | undefined): Challenge | undefined {
  if (header === undefined) return undefined
  const bearer = /(?:^|,\s*|\s)bearer\s+(.*)$/is.exec(header)
  if (bearer) {
    const values = new Map<string, string>()
    for (const [, name, quoted, bare] of bearer[1]!.matchAll(/([a-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/gi)) values.set(name!.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '')
    const realm = values.get('realm')
    if (realm) return { scheme: 'bearer', realm, service: values.get('service'), scope: values.get('scope') }
  }
  return /(?:^|,\s*)basic(?:\s|$)/i.test(header) ? { scheme: 'basic' } : undefined
}
