import { expect, test } from 'vitest'
import { plainText } from './ansi.ts'
import { readJsonLine } from './json-line.ts'
import { levelNamed, levelOf } from './level.ts'

test.each([
  ['2024/05/01 10:00:00 [error] 31#31: *1 open() failed', 'error'],
  ['2024/05/01 10:00:00 [notice] 1#1: start worker processes', 'info'],
  ['2024-05-01 10:00:00.000 UTC [1] LOG:  database system is ready', 'info'],
  ['2024-05-01 10:00:00.000 UTC [88] FATAL:  password authentication failed', 'error'],
  ['2024-05-01T10:00:00Z WARN  carrier answers slowly', 'warn'],
  ['time="2024-05-01" level=warning msg="slow"', 'warn'],
  ['E0501 10:00:00.000000       1 reflector.go:138] failed', 'error'],
  ['[DEBUG] cache miss', 'debug'],
  ['ERROR upstream timed out', 'error'],
  ['Traceback: none', 'other'],
  ['172.17.0.1 - - "GET /error HTTP/1.1" 200 12', 'other'],
  ['172.17.0.1 - - "GET / HTTP/1.1" 502 12', 'error'],
  ['no errors were found in information.txt', 'other'],
  ['', 'other'],
] as const)('%s is %s', (line, level) => expect(levelOf(line)).toBe(level))

test('numbers are those of bunyan and pino', () => expect([10, 20, 30, 40, 50, 60, 'WARNING', undefined].map(levelNamed)).toEqual(['debug', 'debug', 'info', 'warn', 'error', 'error', 'warn', 'other']))

test('a line of JSON in words: level, message, then the rest by name; time is left to the time column', () => {
  const read = (text: string) => {
    const json = readJsonLine(text)
    return json && [json.level, plainText(json.readable)]
  }
  expect(read('{"level":50,"time":1700000000000,"pid":1,"msg":"it broke","err":{"code":"E1"}}')).toEqual(['error', 'ERROR it broke  pid=1  err={"code":"E1"}'])
  expect(read('{"severity":"INFO","message":"two\\nlines","path":"/a b","@timestamp":"x"}')).toEqual(['info', 'INFO  two ⏎ lines  path="/a b"'])
  expect(read('{"a":1}')).toEqual(['other', 'a=1'])
  expect(read('{"msg":"\\u001b]52;c;aGk=\\u0007hidden"}')).toEqual(['other', 'hidden'])
  expect([read('{"a":'), read('[1]'), read('plain'), read('{}')]).toEqual([undefined, undefined, undefined, undefined])
})
