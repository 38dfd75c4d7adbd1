/**
 * The files of a **place** (a container or a volume) through Docker's API.
 *
 * An engine of ours has endpoints for it (slipway-files.ts). Any other has Docker's archives alone (docker-files.ts): a folder is listed from the
 * heads of its archive, a file is put in by one, and nothing can be renamed or removed. A volume there is read through a container
 * that mounts it, or, where none does, through a **carrier**: a container made for the purpose, never started, and removed behind the work (carrier.ts).
 */
import type { Readable } from 'node:stream'
import type { FileListing, FilePlace } from '#shared/contract/files.ts'
import type { Connection } from '../connection.ts'
import { holdCarrier } from './carrier.ts'
import { dockerFiles } from './docker-files.ts'
import { slipwayFiles } from './slipway-files.ts'

export interface FileAccess {
  list(path: string): Promise<FileListing>
  /** The bytes of one file, through links; its size when the engine tells. */
  read(path: string): Promise<{ content: Readable; size?: number }>
  /** As tar: a thing and all below it, by its own name or, where the engine has it so, by a dot. */
  archive(path: string): Promise<Readable>
  /** Unpacks a tar, compressed or not, into a folder. */
  unpack(folder: string, archive: Readable): Promise<void>
  /** Makes or replaces a file. */
  write(path: string, content: Buffer): Promise<void>
  makeFolder(path: string): Promise<void>
  rename(path: string, to: string): Promise<void>
  remove(path: string): Promise<void>
}

export type FilesConnection = Pick<Connection, 'api' | 'mirror' | 'hostFacts'>

/** Gives the work access to a place for as long as it lasts. */
export async function withFiles<Result>(connection: FilesConnection, place: FilePlace, signal: AbortSignal, work: (files: FileAccess) => Promise<Result>): Promise<Result> {
  const { api, mirror, hostFacts } = connection
  if (hostFacts) return work(slipwayFiles(api, place, signal))
  if (place.kind === 'container') return work(dockerFiles(api, place.id, '', signal))
  const user = mirror.items().containers.find(({ mounts }) => mounts.some(({ kind, source }) => kind === 'volume' && source === place.name))
  const target = user?.mounts.find(({ kind, source }) => kind === 'volume' && source === place.name)?.target
  if (user && target) {
    const files = dockerFiles(api, user.id, target, signal)
    return work({ ...files, list: async (path) => ({ ...(await files.list(path)), through: user.name }) })
  }
  await using carrier = await holdCarrier(connection, [place.name], signal)
  return await work(dockerFiles(api, carrier.id, carrier.targetOf(place.name), signal))
}
