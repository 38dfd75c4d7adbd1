import { accessSync, constants } from 'node:fs'
import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'

/** Where the engine keeps things and listens when it is not told: https://specifications.freedesktop.org/basedir-spec/latest/ */
export function defaultRoots(environment: NodeJS.ProcessEnv = process.env, isRoot = process.geteuid!() === 0): { dataRoot: string; runRoot: string } {
  if (isRoot) return { dataRoot: '/var/lib/slipway', runRoot: '/run/slipway' }
  const dataHome = environment.XDG_DATA_HOME || join(environment.HOME || homedir(), '.local', 'share')
  const runtimeDirectory = environment.XDG_RUNTIME_DIR || runtimeDirectoryOf(userInfo().uid)
  return { dataRoot: join(dataHome, 'slipway'), runRoot: join(runtimeDirectory, 'slipway') }
}

/** `su` keeps XDG_RUNTIME_DIR from its shells, though the user may well have one. */
function runtimeDirectoryOf(uid: number): string {
  const ofSession = `/run/user/${uid}`
  try {
    accessSync(ofSession, constants.W_OK)
    return ofSession
  } catch {
    return `/tmp/slipway-${uid}`
  }
}

export const defaultSocket = (runRoot: string): string => join(runRoot, 'docker.sock')
