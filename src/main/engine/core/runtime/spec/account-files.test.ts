import { expect, test } from 'vitest'
import { parseGroups, parseUsers } from './account-files.ts'

test('lines of passwd and group', () => {
  expect(parseUsers('root:x:0:0:root:/root:/bin/sh\n\n# comment\nwww:x:33:33::/var/www\n')).toEqual([
    { name: 'root', uid: 0, gid: 0, home: '/root' },
    { name: 'www', uid: 33, gid: 33, home: '/var/www' },
  ])
  expect(parseGroups('adm:x:4:a,b\nempty:x:5:\nshort:x:6')).toEqual([
    { name: 'adm', gid: 4, members: ['a', 'b'] },
    { name: 'empty', gid: 5, members: [''] },
    { name: 'short', gid: 6, members: [''] },
  ])
})

test('a line with a bad id makes nobody root', () => {
  expect(parseUsers('evil:x::0::/\nevil:x:abc:def::/\nevil:x:-1:0::/\nevil\n:x:0:0::/\nevil:x:0x0:0::/')).toEqual([])
  expect(parseGroups('evil:x::root\nevil:x:0;x:')).toEqual([])
})
