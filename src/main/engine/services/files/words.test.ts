import { expect, test } from 'vitest'
import { splitPath } from '../../core/files/locate.ts'
import { crossing } from './context.ts'
import { mergeDefaults } from './merge-defaults.ts'
import type { ContainerFacts } from './needs.ts'
import { absolute } from './path-stat.ts'

test('a committed image does what was asked for, completed with what the container was given', () => {
  const container = { Cmd: ['sh'], Entrypoint: ['/e'], Env: ['A=1', 'B=2'], Labels: { a: '1' }, ExposedPorts: { '80/tcp': {} }, User: 'me', WorkingDir: '/w', Healthcheck: { Test: ['CMD', 'x'], Retries: 3 } }
  expect(mergeDefaults({}, container)).toEqual(container)
  expect(mergeDefaults({ Env: ['B=3'], Labels: { b: '2' }, ExposedPorts: { '81/tcp': {} }, User: 'you' }, container)).toMatchObject({ Env: ['B=3', 'A=1'], Labels: { a: '1', b: '2' }, ExposedPorts: { '80/tcp': {}, '81/tcp': {} }, User: 'you' })
  expect(mergeDefaults({ Cmd: ['new'] }, container)).toMatchObject({ Cmd: ['new'], Entrypoint: ['/e'] })
  expect(mergeDefaults({ Entrypoint: ['new'] }, container)).toMatchObject({ Entrypoint: ['new'] })
  expect(mergeDefaults({ Entrypoint: ['new'] }, container).Cmd).toBeUndefined()
  expect(mergeDefaults({ Healthcheck: { Retries: 5 } }, container).Healthcheck).toEqual({ Test: ['CMD', 'x'], Retries: 5 })
})

test('paths as they are asked for', () => {
  expect(['', 'a', '/a/../b', '/a/.', '/a/./', '/', 'a/', '../../x', '.', './', '/.'].map(absolute)).toEqual(['/', '/a', '/b', '/a/.', '/a/.', '/', '/a/', '/x', '/.', '/.', '/.'])
  expect(['/a/b', '/a/', '/a/.', '/a/..', 'x'].map(splitPath)).toEqual([{ directory: '/a/', name: 'b' }, { directory: '/a/', name: '.' }, { directory: '/a/.', name: '.' }, { directory: '/a/..', name: '.' }, { directory: '', name: 'x' }])
  expect(() => splitPath('/a\0b')).toThrow('NUL')
  expect(() => splitPath(`/a/${'é'.repeat(128)}`)).toThrow('a name of 256 bytes is too long')
})

test('a walk goes into what was mounted for the container', () => {
  const enters = crossing({ mounts: [{ kind: 'bind', source: '/s', target: '/data', readonly: false }], host: { Tmpfs: { '/run': '' } } } as unknown as ContainerFacts)
  expect(['data', 'data/sub', 'data2', 'run', 'proc', 'dev'].map(enters)).toEqual([true, true, false, true, false, false])
})
