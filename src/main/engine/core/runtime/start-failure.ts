import { EngineError } from '#shared/errors.ts'

export type StartedKind = 'task' | 'exec'

export interface StartFailure {
  error: EngineError
  /** What a shell would report, as Docker records it: 127 not found, 126 not executable, 128 anything else. */
  exitCode: 126 | 127 | 128
}

/** The beginning of Docker's sentence. Its command line looks for what follows to choose its own exit status. */
const SUBJECT: Record<StartedKind, string> = {
  task: 'failed to create task for container',
  exec: 'OCI runtime exec failed: exec failed: unable to start container process',
}

/** The runtime's stderr in Docker's words. crun says ``executable file `x` not found``, runc `exec: "x": executable file not found`. */
export function startFailure(kind: StartedKind, text: string, executable: string): StartFailure {
  const said = withoutDecoration(text)
  const failure = (exitCode: StartFailure['exitCode'], reason: string, words: string, hint?: string): StartFailure => ({
    exitCode,
    error: new EngineError('invalid-argument', `${SUBJECT[kind]}: ${words}`, { reason, hint }),
  })
  if (/executable file [`"'].*not found|exec: ".*": (executable file not found|stat .*: no such file or directory)/i.test(said)) {
    const words = executable.includes('/') ? `stat ${executable}: no such file or directory` : 'executable file not found in $PATH'
    return failure(127, 'executable-not-found', `exec: "${executable}": ${words}`, 'Check the command and the entrypoint: this program is not in the image.')
  }
  if (/open executable: |exec: ".*": (permission denied|is a directory|operation not permitted)/i.test(said)) {
    const words = /is a directory/i.test(said) ? 'is a directory' : 'permission denied'
    return failure(126, 'not-executable', `exec: "${executable}": ${words}`, 'The file is there, but it may not be run: it lacks execute permission, or is a directory.')
  }
  if (/chdir/i.test(said)) {
    const [, directory = ''] = /[`("]+(\/[^`")]*)[`")]/.exec(said) ?? []
    const why = /not a directory/i.test(said) ? 'not a directory' : /permission denied/i.test(said) ? 'permission denied' : 'no such file or directory'
    return failure(kind === 'exec' ? 126 : 127, 'start-failed', `chdir to cwd ("${directory}") set in config.json failed: ${why}`, 'The working directory is not one in the container.')
  }
  if (/not a directory/i.test(said)) {
    const hint = 'Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists and is the expected type'
    return failure(127, 'mount-failed', `${said}: ${hint}`)
  }
  return failure(128, 'start-failed', said || 'the runtime failed and said nothing')
}

/** runc logs `time="…" level=error msg="…"`, or the bare text when it has a log file as well. */
function withoutDecoration(text: string): string {
  const lines = text.trim().split('\n')
  const plain = lines.map((line) => {
    const message = /\bmsg="((?:[^"\\]|\\.)*)"/.exec(line)?.[1]
    return message === undefined ? line : message.replace(/\\(.)/g, '$1')
  })
  return plain.join('\n').replace(/^(runc (run|create|exec) failed|exec failed): (unable to start container process: )?/, '')
}
