import type { Readable } from 'node:stream'
import { KeyedMutex } from '#base/keyed-mutex.ts'
import type { FileEntry } from '../../core/files/list.ts'
import { getVolume, wholeVolume, type VolumesContext, type VolumesOptions } from './context.ts'
import { copyUp } from './copy-up.ts'
import { ensureVolume } from './create.ts'
import { listFiles, makeFolder, readArchive, readFile, removeFile, renameFile, writeArchive, writeFile, type VolumeArchive, type VolumeFile } from './files.ts'
import { compileFilters, type VolumeFilters } from './filters.ts'
import { pruneVolumes } from './prune.ts'
import type { VolumeRecord, VolumeRequest } from './record.ts'
import { removeVolume, sweepVolumes } from './remove.ts'
import { createVolumeStorage } from './storage.ts'

/**
 * Volumes: named directories that outlive containers.
 *
 * A **volume** is a record and a folder `volumes/<name>/_data`; with options (type, device, o) it is what is mounted there while a
 * container holds it. An **anonymous** volume has 64 hexadecimal digits for a name and goes with its container when asked.
 * A container **acquires** a volume at its start and **releases** it after its exit; the volume may only be removed when no
 * container's record mentions it. A volume that was made for a container is **tied** to it: unless it is untied before, it goes at the next
 * start if no container mentions it any more. So does one that is **unfinished**, because the engine was cut while making or removing it.
 */
export interface Volumes {
  /** One that is there is given as it is, with whatever options. @throws invalid-argument, not-found (driver) */
  ensure(request: VolumeRequest): Promise<{ name: string; driver: string; created: boolean }>
  /** @throws not-found */
  get(name: string): VolumeRecord
  list(filters?: VolumeFilters): VolumeRecord[]
  /** @throws not-found; conflict while a container mentions it. */
  remove(name: string, options?: { force?: boolean }): Promise<void>
  removeUnused(name: string): Promise<void>
  /** It stays when its container goes. An absent one is nothing. */
  untie(name: string): void
  /** At the start: removes what an engine that was cut was making or removing. */
  sweep(): Promise<void>
  /** Unused anonymous ones; with the filter `all=true` every unused one. */
  prune(filters?: VolumeFilters): Promise<{ names: string[]; reclaimed: number }>
  /** Host path of its files, mounted if its options say so, for a holder (a container) until it releases it. A subpath is mounted by itself, so that nobody can swap it for a link. */
  acquire(name: string, containerId: string, subpath?: string): Promise<string>
  release(name: string, containerId: string): Promise<void>
  copyUp(name: string, from: { rootfs: string; path: string; subpath?: string }): Promise<void>
  /** By its options. */
  isReadonly(name: string): boolean
  mountpoint(name: string): string
  /** Bytes of its files; undefined for one that is mounted from elsewhere. */
  size(name: string): Promise<number | undefined>

  /** The files of a volume, whoever uses it. Paths are within it; nothing leads out of it. @throws not-found */
  listFiles(name: string, path: string): Promise<FileEntry[]>
  readFile(name: string, path: string, deliver: (file: VolumeFile) => Promise<void>): Promise<void>
  /** Makes the file, or puts it in the place of the one that is there in one step, keeping owner and mode. */
  writeFile(name: string, path: string, content: Readable): Promise<void>
  makeFolder(name: string, path: string): Promise<void>
  /** With all that is below it. */
  removeFile(name: string, path: string): Promise<void>
  renameFile(name: string, from: string, to: string): Promise<void>
  /** `itself`: with an entry for the folder. */
  readArchive(name: string, path: string, itself: boolean, deliver: (archive: VolumeArchive) => Promise<void>): Promise<void>
  /** Unpacks an archive, compressed or not, into a folder. */
  writeArchive(name: string, path: string, archive: Readable, options: { itself: boolean; signal: AbortSignal }): Promise<void>
}

export type { VolumeRecord, VolumeRequest } from './record.ts'
export type { VolumeFilters } from './filters.ts'

export function createVolumes(options: VolumesOptions): Volumes {
  const ctx: VolumesContext = { ...options, records: options.metadata.collection<VolumeRecord>('volumes'), storage: createVolumeStorage(options), locks: new KeyedMutex() }
  const usedByRunning = (name: string, except: string) => ctx.needs.containersUsing(name).some((user) => user.running && user.id !== except)
  return {
    get: (name) => getVolume(ctx, name),
    ensure: (request) => ensureVolume(ctx, request),
    list: (filters = {}) => ctx.records.list().filter(({ unfinished }) => !unfinished).filter(compileFilters(ctx, filters)),
    remove: (name, removal = {}) => removeVolume(ctx, name, removal.force ?? false),
    async removeUnused(name) {
      if (wholeVolume(ctx, name) && ctx.needs.containersUsing(name).length === 0) await removeVolume(ctx, name, false)
    },
    untie(name) {
      const record = ctx.records.find(name)
      if (record?.tied) ctx.records.put(name, { ...record, tied: false })
    },
    sweep: () => sweepVolumes(ctx),
    prune: (filters = {}) => pruneVolumes(ctx, filters),
    acquire: (name, containerId, subpath) => ctx.locks.run(name, () => ctx.storage.acquire(getVolume(ctx, name), containerId, subpath)),
    release: (name, containerId) => ctx.locks.run(name, () => ctx.storage.release(name, containerId, usedByRunning(name, containerId))),
    copyUp: (name, from) => copyUp(ctx, name, from),
    isReadonly: (name) => (ctx.records.find(name)?.options['o'] ?? '').split(',').includes('ro'),
    mountpoint: (name) => ctx.storage.folder(name),
    size: async (name) => (wholeVolume(ctx, name)?.options['device'] === undefined ? await ctx.storage.size(name) : undefined),
    listFiles: (name, path) => listFiles(ctx, name, path),
    readFile: (name, path, deliver) => readFile(ctx, name, path, deliver),
    writeFile: (name, path, content) => writeFile(ctx, name, path, content),
    makeFolder: (name, path) => makeFolder(ctx, name, path),
    removeFile: (name, path) => removeFile(ctx, name, path),
    renameFile: (name, from, to) => renameFile(ctx, name, from, to),
    readArchive: (name, path, itself, deliver) => readArchive(ctx, name, path, itself, deliver),
    writeArchive: (name, path, archive, options) => writeArchive(ctx, name, path, archive, options),
  }
}
