import { chmod, lstat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { DoctorContext } from './doctor.ts'
import type { Checked, Found } from './report.ts'

const OTHERS_WRITE = 0o022
const OWNER_ENTERS = 0o700

/** The engine's own folders: written by nobody else, and open to the engine itself. What is in volumes and layers has the modes that its makers gave it. */
export async function* checkPermissions({ layout }: DoctorContext, _checked: Checked): AsyncGenerator<Found> {
  for (const path of [layout.dataRoot, layout.content, layout.snapshots, layout.volumes, layout.buildCache, layout.buildContexts, layout.temporary, dirname(layout.container('0').data)]) {
    const found = await lstat(path).catch(() => undefined)
    if (!found?.isDirectory()) continue
    const right = (found.mode & 0o7777 & ~OTHERS_WRITE) | OWNER_ENTERS
    const about = { kind: 'folder' as const, reason: 'wrong-permissions', subject: path, advice: `Its permissions can be put right (chmod ${right.toString(8)}); nothing in it is changed.`, repair: () => chmod(path, right) }
    if ((found.mode & OTHERS_WRITE) !== 0) yield { ...about, what: `Other users of this machine can change what is in ${path}.` }
    else if ((found.mode & OWNER_ENTERS) !== OWNER_ENTERS) yield { ...about, what: `The engine is not allowed to change what is in ${path}.` }
  }
}
