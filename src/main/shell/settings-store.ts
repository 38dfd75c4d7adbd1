import { mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { defaultSettings, settingsShapes, type Settings } from '#shared/contract/settings.ts'
import { writeFileAtomic } from '#base/atomic-file.ts'
import { KeyedMutex } from '#base/keyed-mutex.ts'

export interface SettingsStore {
  get(): Settings
  /** Durable when it resolves. */
  set(changes: Partial<Settings>): Promise<Settings>
  /** Likewise, for what depends on what is set: of two at once the second sees what the first made. Nothing is set when it throws. */
  change(of: (now: Settings) => Partial<Settings>): Promise<Settings>
  onChange(listener: (settings: Settings) => void): () => void
}

/** The user's settings in one JSON file. What cannot be read in it counts as not set; keys of other versions are kept. */
export async function openSettings(path: string): Promise<SettingsStore> {
  let kept = await readKept(path)
  const listeners = new Set<(settings: Settings) => void>()
  const writing = new KeyedMutex()
  const get = (): Settings => ({ ...defaultSettings, ...readable(kept) })

  const change = (of: (now: Settings) => Partial<Settings>): Promise<Settings> =>
    writing.run(path, async () => {
      const next = { ...kept, ...of(get()) }
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      await writeFileAtomic(path, `${JSON.stringify(next, null, 2)}\n`, 0o600)
      kept = next
      listeners.forEach((listener) => listener(get()))
      return get()
    })

  return {
    get,
    set: (changes) => change(() => changes),
    change,
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

async function readKept(path: string): Promise<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(await readFile(path, 'utf8'))
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {}
  } catch {
    return {}
  }
}

/** Key by key, so that one bad value does not cost the others. */
function readable(kept: Record<string, unknown>): Partial<Settings> {
  let settings: Partial<Settings> = {}
  for (const [key, value] of Object.entries(kept)) {
    try {
      settings = { ...settings, ...settingsShapes.set({ [key]: value }, '') }
    } catch {
      continue
    }
  }
  return settings
}
