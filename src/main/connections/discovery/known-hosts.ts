import { createHash, createHmac } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Whether the user's ssh has accepted this key of that host (`host:port`) before: a hint, never a reason to trust it unasked. */
export async function isKnownToSsh(place: string, fingerprint: string, path = join(homedir(), '.ssh/known_hosts')): Promise<boolean> {
  const text = await readFile(path, 'utf8').catch(() => '')
  const name = place.endsWith(':22') ? place.slice(0, -3) : place.replace(/^(.*):(\d+)$/, '[$1]:$2')
  return text.split('\n').some((line) => {
    const [hosts = '', , key = ''] = line.split(' ')
    return !line.startsWith('@') && names(hosts, name) && fingerprintOf(key) === fingerprint
  })
}

/** A list, or one name that is hidden by a keyed hash. https://man.openbsd.org/sshd#SSH_KNOWN_HOSTS_FILE_FORMAT */
function names(hosts: string, name: string): boolean {
  const [, salt, hash] = /^\|1\|([^|]+)\|(.+)$/.exec(hosts) ?? []
  if (salt === undefined) return hosts.split(',').includes(name)
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash
}

const fingerprintOf = (key: string) => `SHA256:${createHash('sha256').update(Buffer.from(key, 'base64')).digest('base64').replace(/=+$/, '')}`
