import { expect, test } from 'vitest'
import { familiarName, formatReference, parseReference, withDefaultTag } from './reference.ts'

const D = `sha256:${'a'.repeat(64)}`

test.each([
  ['busybox', 'docker.io/library/busybox:latest', 'busybox:latest'],
  ['busybox:1.0', 'docker.io/library/busybox:1.0', 'busybox:1.0'],
  ['index.docker.io/busybox', 'docker.io/library/busybox:latest', 'busybox:latest'],
  ['docker.io/me/app', 'docker.io/me/app:latest', 'me/app:latest'],
  ['127.0.0.1:5000/web', '127.0.0.1:5000/web:latest', '127.0.0.1:5000/web:latest'],
  ['localhost/web:1', 'localhost/web:1', 'localhost/web:1'],
  ['[::1]:5000/a/b:x', '[::1]:5000/a/b:x', '[::1]:5000/a/b:x'],
  ['Host/web', 'Host/web:latest', 'Host/web:latest'],
  [`busybox@${D}`, `docker.io/library/busybox@${D}`, `busybox@${D}`],
  [`a.b/c:1@${D}`, `a.b/c:1@${D}`, `a.b/c:1@${D}`],
  ['a__b/c-d.e', 'docker.io/a__b/c-d.e:latest', 'a__b/c-d.e:latest'],
])('%s is %s, shown as %s', (text, full, familiar) => {
  const reference = withDefaultTag(parseReference(text))
  expect([formatReference(reference), familiarName(reference)]).toEqual([full, familiar])
  expect(parseReference(full)).toEqual(reference)
  expect(parseReference(familiar)).toEqual(reference)
})

test.each(['', ':x', 'a b', '-x', 'a/', '/a', 'a:', 'a:-x', 'a@sha256:12', 'a@md5:aa', 'a/../b', 'a//b', 'a$(x)', 'a\0', `${'x'.repeat(256)}`, 'a:b:c', 'a_-_b'])('%j is refused', (text) => {
  expect(() => parseReference(text)).toThrow('invalid reference format')
})

test('says why in Docker’s words', () => {
  expect(() => parseReference('Foo')).toThrow('invalid reference format: repository name (library/Foo) must be lowercase')
  expect(() => parseReference('a'.repeat(64))).toThrow('cannot specify 64-byte hexadecimal strings')
})
