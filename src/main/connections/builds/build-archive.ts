import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { BuildStep, BuildSummary } from '#shared/contract/builds.ts'
import { writeFileAtomic } from '#base/atomic-file.ts'
import type { Compared } from './build-changes.ts'

/** A build as it is kept, one file each. */
export interface KeptBuild extends Compared {
  summary: BuildSummary
  contextFiles: number
  contextBytes: number
  steps: BuildStep[]
  output: { step: number; text: string }[]
}

const MOST = 100

/** The history of builds in a folder of the app's own. What cannot be read in it counts as not there. */
export interface BuildArchive {
  readAll(): Promise<KeptBuild[]>
  /** Durable when it resolves; the oldest go when there are too many. */
  keep(build: KeptBuild): Promise<void>
  read(id: string): Promise<KeptBuild | undefined>
  forget(id: string): Promise<void>
}

export function openBuildArchive(folder: string): BuildArchive {
  const fileOf = (id: string) => join(folder, `${id}.json`)
  const forget = (id: string) => rm(fileOf(id), { force: true })
  const names = async () => (await readdir(folder).catch(() => [])).filter((name) => /^[\w-]+\.json$/.test(name)).sort()
  return {
    async readAll() {
      const found = await Promise.all((await names()).map((name) => readKept(join(folder, name))))
      return found.filter((build) => build !== undefined)
    },
    async keep(build) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await writeFileAtomic(fileOf(build.id), JSON.stringify(build), 0o600)
      const all = await names()
      await Promise.all(all.slice(0, Math.max(0, all.length - MOST)).map((name) => forget(name.slice(0, -5))))
    },
    read: (id) => readKept(fileOf(id)),
    forget,
  }
}

async function readKept(path: string): Promise<KeptBuild | undefined> {
  try {
    const value = JSON.parse(await readFile(path, 'utf8')) as Partial<KeptBuild>
    return value.summary && value.request && Array.isArray(value.steps) && Array.isArray(value.output) ? (value as KeptBuild) : undefined
  } catch {
    return undefined
  }
}
