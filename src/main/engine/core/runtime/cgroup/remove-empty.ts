import { readFileSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { hierarchiesIn } from './locate.ts'

/**
 * Removes a cgroup that a runtime made before it failed, and did not take along (crun 1.8 does not). One with processes stays. `path` is
 * that of a spec for cgroupfs; what systemd makes it removes by itself.
 */
export function removeEmptyCgroup(path: string): void {
  for (const { mount } of hierarchiesIn(readFileSync('/proc/self/mountinfo', 'utf8'))) {
    try {
      rmdirSync(join(mount, path))
    } catch {
      // Another's by now, or not in this hierarchy.
    }
  }
}
