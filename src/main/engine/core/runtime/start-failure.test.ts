import { expect, test } from 'vitest'
import { startFailure } from './start-failure.ts'

test.each([
  ['crun', 'executable file `nosuch` not found in $PATH: No such file or directory\n', 'nosuch', 127, 'exec: "nosuch": executable file not found in $PATH'],
  ['crun', 'executable file `/nosuch` not found in $PATH: No such file or directory\n', '/nosuch', 127, 'exec: "/nosuch": stat /nosuch: no such file or directory'],
  ['crun', 'open executable: Permission denied\n', '/bin/plain', 126, 'exec: "/bin/plain": permission denied'],
  ['runc', 'runc run failed: unable to start container process: exec: "nosuch": executable file not found in $PATH\n', 'nosuch', 127, 'exec: "nosuch": executable file not found in $PATH'],
  ['runc', 'time="2026-11-23T23:56:27Z" level=error msg="runc run failed: unable to start container process: exec: \\"/x\\": stat /x: no such file or directory"\n', '/x', 127, 'exec: "/x": stat /x: no such file or directory'],
  ['runc', 'time="…" level=error msg="exec failed: unable to start container process: exec: \\"/adir\\": is a directory"\n', '/adir', 126, 'exec: "/adir": is a directory'],
  ['crun', 'chdir `/nodir`: No such file or directory\n', '/bin/true', 127, 'chdir to cwd ("/nodir") set in config.json failed: no such file or directory'],
  ['crun', 'chdir `/etc/passwd`: Not a directory\n', '/bin/true', 127, 'chdir to cwd ("/etc/passwd") set in config.json failed: not a directory'],
  ['runc', 'exec failed: unable to start container process: chdir to cwd ("/nodir") set in config.json failed: no such file or directory\n', '/bin/true', 127, 'chdir to cwd ("/nodir") set in config.json failed: no such file or directory'],
  ['crun', 'mount `/a` to `etc/passwd`: Not a directory\n', '/bin/true', 127, 'mount `/a` to `etc/passwd`: Not a directory: Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists and is the expected type'],
  ['crun', 'mount `/a` to `b`: No such file or directory\n', '/bin/true', 128, 'mount `/a` to `b`: No such file or directory'],
  ['crun', '', '/bin/true', 128, 'the runtime failed and said nothing'],
])('%s says %j', (_runtime, said, executable, exitCode, words) => {
  const failure = startFailure('task', said, executable)
  expect(failure.exitCode).toBe(exitCode)
  expect(failure.error).toMatchObject({ code: 'invalid-argument', message: `failed to create task for container: ${words}` })
})

test('an exec fails in Docker’s words for execs', () => {
  const { error } = startFailure('exec', 'executable file `x` not found in $PATH: No such file or directory', 'x')
  expect(error.message).toBe('OCI runtime exec failed: exec failed: unable to start container process: exec: "x": executable file not found in $PATH')
  expect(error.reason).toBe('executable-not-found')
})
