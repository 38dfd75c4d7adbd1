import { gzipSync } from 'node:zlib'
import { tarOf } from './tar-of.ts'
import type { Deeds } from './workload.ts'

/** A stream of JSON lines that ended; what it says went wrong, if it does. */
const failureIn = (text: string): string | undefined => /"error":\s*"((?:[^"\\]|\\.)*)"/.exec(text)?.[1]

/** Requests that make and remove images: pull, build, commit, load, tag, rmi. */
export function imageRequests({ client, call, dice, name, image, pulls, archive, named, pick }: Deeds): Record<string, () => Promise<boolean>> {
  /** Makes an image of that name; true when it was answered. */
  async function make(reference: string, method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<boolean> {
    const told = client.images.get(reference) ?? { exists: false, facts: undefined }
    const before = told.exists
    client.images.set(reference, told)
    // What stood there before may still do so when this is cut, but then it exists all the same.
    told.exists = before === true ? true : undefined
    const reply = await call(method, path, body, headers)
    if (!reply) return false
    const failure = reply.status >= 400 ? reply.text : failureIn(reply.text)
    if (failure === undefined) told.exists = true
    else {
      told.exists = before
      client.offences.push(`${method} ${path}: ${reply.status} ${failure}`)
    }
    return true
  }

  return {
    pull: () => make(pulls, 'POST', `/images/create?fromImage=${encodeURIComponent(pulls.slice(0, pulls.lastIndexOf(':')))}&tag=${pulls.slice(pulls.lastIndexOf(':') + 1)}`),
    async build() {
      const reference = `${named('b')}:1`
      const dockerfile = `FROM ${image}\nCOPY seed /seed\nRUN cat /seed > /made\nLABEL owner=${name}\nCMD ["cmp", "/seed", "/made"]\n`
      const context = gzipSync(tarOf({ Dockerfile: dockerfile, seed: `${dice.next()}\n` }))
      return await make(reference, 'POST', `/build?t=${reference}&forcerm=1`, context, { 'Content-Type': 'application/x-tar' })
    },
    async commit() {
      const container = pick(client.containers)
      const reference = `${named('i')}:1`
      return container === undefined || (await make(reference, 'POST', `/commit?container=${container}&repo=${reference.slice(0, -2)}&tag=1`, {}))
    },
    load: () => make(`loaded-${name}:1`, 'POST', '/images/load?quiet=1', archive, { 'Content-Type': 'application/x-tar' }),
    async tag() {
      const from = pick(client.images)
      const reference = `${named('t')}:1`
      return from === undefined || (await make(reference, 'POST', `/images/${from}/tag?repo=${reference.slice(0, -2)}&tag=1`))
    },
    async untag() {
      const reference = pick(client.images)
      if (reference === undefined) return true
      const told = client.images.get(reference)!
      told.exists = undefined
      const reply = await call('DELETE', `/images/${reference}`)
      if (!reply) return false
      told.exists = reply.status >= 400
      // 409: a container uses it.
      if (reply.status >= 400 && reply.status !== 409) client.offences.push(`remove image ${reference}: ${reply.status} ${reply.text}`)
      return true
    },
  }
}
