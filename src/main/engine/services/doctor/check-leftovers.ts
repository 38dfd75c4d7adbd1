import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { removeDeep } from '#base/remove-tree.ts'
import { mountTable } from '../../core/runtime/spec/mount-table.ts'
import type { DoctorContext } from './doctor.ts'
import type { Checked, Found } from './report.ts'
import { isDigest } from '#shared/oci/digest.ts'
import { namedBlobs, rowsOf } from './rows.ts'

/** Files and directories that nothing is recorded of: work that was cut off. Only while no engine works: else they may be work under way. */
export async function* checkLeftovers({ layout, metadata, running }: DoctorContext, _checked: Checked): AsyncGenerator<Found> {
  if (running) return
  const { snapshots, containers, uploads } = rowsOf(metadata)
  const numbers = new Set(['0', ...snapshots.list().flatMap(({ number }) => [`${number}`, `${number}.work`])])
  const mounted = mountTable().map(({ mountPoint }) => mountPoint)
  const named = namedBlobs(metadata)
  const places: [folder: string, isKnown: (name: string) => boolean, what: string][] = [
    [layout.snapshots, (name) => numbers.has(name), 'files of a layer or container that was never finished'],
    [join(layout.dataRoot, 'containers'), (name) => containers.find(name) !== undefined, 'logs and files of a container that is gone'],
    [join(layout.content, 'blobs', 'sha256'), (name) => !isDigest(`sha256:${name}`) || named.has(`sha256:${name}`), 'a part of an image that was never finished, or is gone'],
    [join(layout.content, 'ingest'), (name) => named.has(`sha256:${name}`) || uploads.find(name.replace(/^named-/, '')) !== undefined, 'a part of a download that nobody takes up'],
    [layout.temporary, () => false, 'work of a build or transfer that was cut off'],
  ]
  for (const [folder, isKnown, what] of places) {
    for (const name of await readdir(folder).catch(() => [])) {
      const path = join(folder, name)
      if (isKnown(name)) continue
      const held = mounted.some((point) => point === path || point.startsWith(`${path}/`))
      const finding = { kind: 'leftover' as const, reason: 'leftover', subject: path, what: `${path} holds ${what}.` }
      if (held) yield { ...finding, advice: 'Something is mounted in it; the engine takes care of it when it starts.' }
      else yield { ...finding, advice: 'It can be removed; the engine also does so when it starts.', repair: () => removeDeep(path) }
    }
  }
}
