import { expect, test } from 'vitest'
import { configure, parseTrigger } from './dockerfile.ts'
import { goDuration, goQuote, goQuotedNumber } from './go-format.ts'

const at = { line: 1, endLine: 1 }
const variables = (name: string) => ({ PATH: '/bin', N: '9' })[name]
const told = (line: string, defaults = {}) => configure(parseTrigger(line, at), { defaults, commandSet: false }, variables, '\\')

// As `docker history` of 26.1 printed them.
test.each([
  ['CMD ["a","b c"]', 'CMD ["a" "b c"]'],
  ['ENTRYPOINT run it', 'ENTRYPOINT ["/bin/sh" "-c" "run it"]'],
  ['ENV A=$PATH B="two words"', 'ENV A=/bin B=two words'],
  ['EXPOSE 81/udp 80', 'EXPOSE 80 81/udp'],
  ['HEALTHCHECK --interval=5s --retries=3 CMD true', 'HEALTHCHECK &{["CMD-SHELL" "true"] "5s" "0s" "0s" "0s" \'\\x03\'}'],
  ['HEALTHCHECK NONE', 'HEALTHCHECK &{["NONE"] "0s" "0s" "0s" "0s" \'\\x00\'}'],
  ['LABEL a=b c="d e"', 'LABEL a=b c=d e'],
  ['SHELL ["/bin/sh","-ec"]', 'SHELL [/bin/sh -ec]'],
  ['VOLUME /v1 /v2', 'VOLUME [/v1 /v2]'],
  ['WORKDIR rel', 'WORKDIR /rel'],
  ['USER some one', 'USER some one'],
  ['STOPSIGNAL SIGRTMIN+3', 'STOPSIGNAL SIGRTMIN+3'],
  ['STOPSIGNAL $N', 'STOPSIGNAL 9'],
])('%s is told as %s', (line, text) => expect(told(line)?.text).toBe(text))

test.each(['STOPSIGNAL foo', 'STOPSIGNAL 0', 'STOPSIGNAL 65', 'STOPSIGNAL RTMIN+16'])('%s is refused', (line) => expect(() => told(line)).toThrow('invalid signal'))
test('a volume whose variable is empty is refused', () => expect(() => told('VOLUME $unset')).toThrow('VOLUME specified can not be an empty string'))
test('a port that is none is refused', () => expect(() => told('EXPOSE abc')).toThrow('Invalid containerPort: abc'))

test('an ENTRYPOINT takes the command of the image away, unless the same file set one', () => {
  const line = parseTrigger('ENTRYPOINT ["x"]', at)
  expect(configure(line, { defaults: { Cmd: ['y'] }, commandSet: false }, variables, '\\')?.change).toEqual({ Entrypoint: ['x'], Cmd: null })
  expect(configure(line, { defaults: { Cmd: ['y'] }, commandSet: true }, variables, '\\')?.change).toEqual({ Entrypoint: ['x'] })
})

test('what changes files is no change of the config', () => expect(told('RUN x')).toBeUndefined())

test('values are printed as Go prints them', () => {
  expect([0, 1, 1500, 2_500_000, 1e9, 90e9, 3600e9, 3661.5e9].map(goDuration)).toEqual(['0s', '1ns', '1.5µs', '2.5ms', '1s', '1m30s', '1h0m0s', '1h1m1.5s'])
  expect([0, 3, 7, 10, 11, 65, 39].map(goQuotedNumber)).toEqual([`'\\x00'`, `'\\x03'`, `'\\a'`, `'\\n'`, `'\\v'`, `'A'`, `'\\''`])
  expect(goQuote('a"b\u0001')).toBe('"a\\"b\\x01"')
})
