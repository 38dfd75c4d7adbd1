import { expect, test } from 'vitest'
import { runProgram } from './run-program.ts'

test('input, output and environment', async () => {
  expect(await runProgram('cat', [], { input: 'hello' })).toEqual({ code: 0, stdout: 'hello', stderr: '' })
  expect((await runProgram('env', [], { environment: { COLOUR: 'red' } })).stdout).toContain('COLOUR=red')
  expect((await runProgram('printf', ['%s|', '$(id)', '; ls', '--x'])).stdout).toBe('$(id)|; ls|--x|')
})

test('a failure has the words of the program, unless it is allowed', async () => {
  await expect(runProgram('ls', ['/no/such/place'])).rejects.toMatchObject({ code: 'failed-precondition', reason: 'program-failed', message: expect.stringContaining('/no/such/place') })
  expect(await runProgram('false', [], { allowFailure: true })).toMatchObject({ code: 1 })
  await expect(runProgram('no-such-program-here', [])).rejects.toMatchObject({ reason: 'program-missing' })
  await expect(runProgram('true', ['a\0b'])).rejects.toMatchObject({ code: 'invalid-argument' })
})

test('a program that does not end is killed, by deadline or by signal', async () => {
  await expect(runProgram('sleep', ['60'], { deadline: 20 })).rejects.toMatchObject({ code: 'deadline-exceeded' })
  const abort = new AbortController()
  const running = runProgram('sleep', ['60'], { signal: abort.signal })
  abort.abort()
  await expect(running).rejects.toMatchObject({ code: 'cancelled' })
})

test('a program that does not read its input is not an error', async () => {
  expect(await runProgram('true', [], { input: 'x'.repeat(1_000_000) })).toMatchObject({ code: 0 })
})

test('endless output does not fill the memory', async () => {
  const { stdout } = await runProgram('head', ['-c', '20000000', '/dev/zero'])
  expect(stdout.length).toBeLessThan(17 * 2 ** 20)
})
