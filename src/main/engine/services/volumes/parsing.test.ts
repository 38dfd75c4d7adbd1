import { expect, test } from 'vitest'
import type { VolumesContext } from './context.ts'
import { compileFilters, compilePruneFilters, type VolumeFilters } from './filters.ts'
import { checkLocalOptions, mountLocal } from './local-options.ts'
import type { VolumeRecord } from './record.ts'

const volume = (name: string, rest: Partial<VolumeRecord> = {}): VolumeRecord => ({ name, driver: 'local', createdAt: '2026-01-01T00:00:00Z', labels: {}, options: {}, anonymous: false, ...rest })
const all = [volume('data'), volume('data-2', { labels: { tier: 'db', x: '' } }), volume('f'.repeat(64), { anonymous: true }), volume('used')]
const needs: VolumesContext['needs'] = { containersUsing: (name) => (name === 'used' ? [{ id: 'c', running: false }] : []) }
const names = (filters: VolumeFilters) => all.filter(compileFilters({ needs }, filters)).map(({ name }) => name.slice(0, 6))
const pruned = (filters: VolumeFilters) => all.filter(compilePruneFilters(filters)).map(({ name }) => name.slice(0, 6))

test('filters of a list: values are alternatives, except labels; names must all hold', () => {
  expect(names({ name: ['^data$', 'use'] })).toEqual(['data', 'used'])
  expect(names({ name: ['(['] })).toEqual([])
  expect(names({ label: ['tier=db', 'x'] })).toEqual(['data-2'])
  expect(names({ label: ['tier=web'] })).toEqual([])
  expect(names({ label: ['toString'] })).toEqual([])
  expect(names({ dangling: ['false'] })).toEqual(['used'])
  expect(names({ dangling: ['1'], name: ['data'] })).toEqual(['data', 'data-2'])
  expect(names({ driver: ['nfs'] })).toEqual([])
  expect(() => names({ dangling: ['maybe'] })).toThrow("invalid filter 'dangling=[maybe]'")
  expect(() => names({ until: ['1h'] })).toThrow("invalid filter 'until'")
})

test('prune takes anonymous ones unless it is told to take all', () => {
  expect(pruned({})).toEqual(['ffffff'])
  expect(pruned({ all: ['true'] })).toHaveLength(4)
  expect(pruned({ all: ['1'], 'label!': ['tier'] })).toEqual(['data', 'ffffff', 'used'])
  expect(pruned({ all: ['0'], label: ['tier'] })).toEqual([])
  expect(() => pruned({ dangling: ['true'] })).toThrow("invalid filter 'dangling'")
})

test('options of the local driver', () => {
  const check = (options: Record<string, string>) => () => checkLocalOptions('v', options)
  expect(check({ type: 'tmpfs', device: 'tmpfs', o: 'size=1m' })).not.toThrow()
  expect(check({ type: 'none', device: '/x' })).not.toThrow()
  expect(check({})).not.toThrow()
  expect(check({ foo: 'x' })).toThrow('create v: invalid option: "foo"')
  expect(check({ type: 'tmpfs' })).toThrow('create v: missing required option: "device"')
  expect(check({ device: '/x' })).toThrow('create v: missing required option: "type"')
  expect(check({ o: 'bind' })).toThrow('missing required option: "device"')
  expect(check({ size: '1m' })).toThrow('quota size requested but no quota support')
  expect(check({ type: 'cifs', device: '//host:445/share', o: '' })).toThrow('port not allowed in CIFS device URL')
})

test('words of o are flags or data for the file system; a failure hides the password', async () => {
  const calls: unknown[] = []
  const mount = (call: unknown) => void calls.push(call)
  await mountLocal({ mount }, volume('v', { options: { type: 'nfs', device: ':/export', o: 'addr=10.0.0.1,rw,nolock,ro,soft' } }), '/t')
  await mountLocal({ mount }, volume('v', { options: { type: 'none', device: '/src', o: 'rbind,ro,rslave' } }), '/t')
  expect(calls).toEqual([
    { source: ':/export', target: '/t', type: 'nfs', flags: ['readonly'], data: 'addr=10.0.0.1,nolock,soft' },
    { source: '/src', target: '/t', type: '', flags: ['bind', 'recursive', 'readonly', 'slave', 'recursive'] },
  ])
  const refuse = () => {
    throw new Error('mount /t: permission denied')
  }
  const cifs = volume('v', { options: { type: 'cifs', device: '//h/s', o: 'addr=10.0.0.1,username=me,password=hidden' } })
  await expect(mountLocal({ mount: refuse }, cifs, '/t')).rejects.toThrow("error while mounting volume '/t': failed to mount local volume: mount //h/s:/t, data: addr=10.0.0.1,username=me,password=********: permission denied")
})
