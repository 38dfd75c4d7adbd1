// The right Node for the rest: scripts begin on whatever the machine has, and go on under the project's own.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { PROJECT_NODE } from './project.mjs'

const WANTED = 24

/** Starts the calling script again under the project's Node when this one is older. Does not return then. Call it once setup has installed it. */
export async function continueUnderProjectNode() {
  if (Number(process.versions.node.split('.')[0]) >= WANTED || !existsSync(PROJECT_NODE)) return
  await become(PROJECT_NODE, process.argv.slice(1))
}

/** Becomes another program: the same process where Node can do that, else a child that gets our signals and whose end is ours. */
export async function become(program, args, environment = process.env) {
  if (typeof process.execve === 'function') process.execve(program, [program, ...args], environment)
  const child = spawn(program, args, { stdio: 'inherit', env: environment })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (status, signal) => resolve(status ?? 128 + constants.signals[signal]))
  })
  process.exit(code)
}
