/**
 * What the app must know again but nobody may read: passwords, tokens, passphrases, each under a **name** (`registry:ghcr.io`, `ssh:work`).
 * One file for each, of this user alone (0600 in a folder 0700), its content **sealed** by the system's key store where the shell has one
 * (Electron's safeStorage) and as it is where not: the page says which (`place`). Secrets never cross the bridge to the page.
 */
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { SecretPlace } from '#shared/contract/settings.ts'
import { EngineError, messageOf } from '#shared/errors.ts'
import { writeFileAtomic } from '#base/atomic-file.ts'
import { KeyedMutex } from '#base/keyed-mutex.ts'

/** How the system's key store makes a text unreadable, and readable again. */
export interface Seal {
  /** Asked each time: a key store may be locked, or come later. */
  isAvailable(): boolean
  close(secret: string): Buffer
  open(sealed: Buffer): string
}

export interface SecretStore {
  /** Where the next secret goes. */
  place(): SecretPlace
  /** Durable when it resolves; replaces what was kept under the name. */
  keep(name: string, secret: string): Promise<void>
  /** Undefined where nothing is kept. @throws failed-precondition when it is sealed by a key store that is not there now. */
  recall(name: string): Promise<string | undefined>
  /** What depends on what is kept: of two at once the second sees what the first kept. What cannot be opened counts as not there; undefined forgets. */
  change(name: string, next: (kept: string | undefined) => string | undefined): Promise<void>
  /** Forgetting what is not kept is done already. */
  forget(name: string): Promise<void>
  /** Everything that is kept, and where, by name. */
  list(): Promise<{ name: string; place: SecretPlace }[]>
}

interface KeptSecret {
  name: string
  place: SecretPlace
  /** Base64. */
  content: string
}

export function openSecrets(folder: string, seal?: Seal): SecretStore {
  const place = (): SecretPlace => (seal?.isAvailable() ? 'keyring' : 'file')
  /** A name may hold what a file's name may not, and its file tells nothing to who lists the folder. */
  const fileOf = (name: string) => join(folder, `${createHash('sha256').update(name).digest('hex').slice(0, 32)}.json`)

  const changing = new KeyedMutex()

  const store: SecretStore = {
    place,
    async keep(name, secret) {
      const where = place()
      const content = where === 'keyring' && seal ? seal.close(secret) : Buffer.from(secret)
      const kept: KeptSecret = { name, place: where, content: content.toString('base64') }
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await writeFileAtomic(fileOf(name), JSON.stringify(kept), 0o600)
    },
    async recall(name) {
      const kept = await readKept(fileOf(name))
      if (!kept) return undefined
      const content = Buffer.from(kept.content, 'base64')
      if (kept.place === 'file') return content.toString()
      if (!seal?.isAvailable()) throw sealed(name)
      try {
        return seal.open(content)
      } catch (error) {
        throw sealed(name, error)
      }
    },
    forget: (name) => rm(fileOf(name), { force: true }),
    change: (name, nextOf) =>
      changing.run(name, async () => {
        const next = nextOf(await store.recall(name).catch(() => undefined))
        await (next === undefined ? store.forget(name) : store.keep(name, next))
      }),
    async list() {
      const files = (await readdir(folder).catch(() => [])).filter((file) => file.endsWith('.json'))
      const kept = await Promise.all(files.map((file) => readKept(join(folder, file))))
      return kept.flatMap((each) => (each ? { name: each.name, place: each.place } : [])).sort((a, b) => a.name.localeCompare(b.name))
    },
  }
  return store
}

/** What cannot be read was never whole: files are replaced in one step. */
async function readKept(path: string): Promise<KeptSecret | undefined> {
  try {
    const { name, place, content } = JSON.parse(await readFile(path, 'utf8')) as Partial<KeptSecret>
    return typeof name === 'string' && typeof content === 'string' && (place === 'keyring' || place === 'file') ? { name, place, content } : undefined
  } catch {
    return undefined
  }
}

const sealed = (name: string, cause?: unknown) =>
  new EngineError('failed-precondition', `What is kept for ${name} is sealed by this system’s key store, which does not open it${cause === undefined ? '' : ` (${messageOf(cause)})`}.`, {
    reason: 'secret-sealed',
    hint: 'Unlock the key store, or enter it anew.',
    cause,
  })
