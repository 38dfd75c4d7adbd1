import { expect, test } from 'vitest'
import { createLayerSurveyor, type LayerEntry } from './layer-survey.ts'

const file = (path: string, size: number): LayerEntry => ({ path, type: 'file', size })
const folder = (path: string, opaque = false): LayerEntry => ({ path, type: 'directory', ...(opaque && { opaque }) })
const gone = (path: string): LayerEntry => ({ path, type: 'deleted' })

function survey(...layers: LayerEntry[][]) {
  const surveyor = createLayerSurveyor()
  for (const entries of layers) {
    surveyor.beginLayer()
    entries.forEach(surveyor.add)
  }
  return surveyor.finish()
}

test('files that are added, changed and deleted, and the bytes nobody sees', () => {
  const found = survey([folder('/etc'), file('/etc/a', 10), file('/etc/b', 20), file('/c', 5)], [folder('/etc'), file('/etc/a', 11), gone('/etc/b')], [file('/etc/a', 12)])
  expect(found.layers.map(({ bytes, added, changed, deleted, wastedBytes }) => [bytes, added, changed, deleted, wastedBytes])).toEqual([[35, 4, 0, 0, 30], [11, 0, 1, 1, 11], [12, 0, 1, 0, 0]])
  expect(found).toMatchObject({ bytes: 58, wastedBytes: 41 })
  expect(found.wasted).toEqual([{ path: '/etc/a', bytes: 21, layers: [0, 1], end: 'changed' }, { path: '/etc/b', bytes: 20, layers: [0], end: 'deleted' }])
  expect(found.layers[0]?.files.find(({ path }) => path === '/etc/b')).toMatchObject({ hiddenBy: 1 })
  expect(found.layers[1]?.files.map(({ path, change, bytes }) => [path, change, bytes])).toEqual([['/etc', 'kept', 0], ['/etc/a', 'changed', 11], ['/etc/b', 'deleted', 20]])
})

test('a folder that goes takes all that is in it', () => {
  const found = survey([folder('/var'), folder('/var/cache'), file('/var/cache/x', 100), file('/var/cache/deep/y', 1)], [gone('/var/cache')], [file('/var/cache/x', 7)])
  expect(found.layers[1]?.files).toEqual([{ path: '/var/cache', type: 'directory', change: 'deleted', bytes: 101 }])
  expect(found.wastedBytes).toBe(101)
  expect(found.layers[2]).toMatchObject({ added: 1, changed: 0 })
})

test('an opaque folder hides what is below it, not what its own layer puts in, before or after', () => {
  const found = survey([folder('/a'), file('/a/old', 3), file('/a/older', 4)], [file('/a/early', 5), folder('/a', true), file('/a/late', 6)])
  expect(found.layers[1]?.files.map(({ path, change }) => [path, change])).toEqual([['/a/early', 'added'], ['/a/old', 'deleted'], ['/a/older', 'deleted'], ['/a', 'kept'], ['/a/late', 'added']])
  expect([found.wastedBytes, found.layers[1]?.deleted]).toEqual([7, 2])
})

test('a file in the place of a folder, and a folder in the place of a file', () => {
  const found = survey([folder('/x'), file('/x/in', 9), file('/y', 2)], [file('/x', 1), folder('/y'), file('/y/in', 1)])
  expect(found.wasted.map(({ path, bytes }) => [path, bytes])).toEqual([['/x/in', 9], ['/y', 2]])
  expect(found.layers[1]).toMatchObject({ added: 1, changed: 2 })
})

test('the deletion of what never was counts for nothing', () => {
  expect(survey([file('/a', 1)], [gone('/nothing')])).toMatchObject({ wastedBytes: 0, layers: [{}, { deleted: 0 }] })
})
