import { expect, test } from 'vitest'
import { mountTarget, placeFor } from './drop-places.ts'

test.each([
  ['/a/shop', 'folder', ['build', 'compose'], { path: '/build', query: { folder: '/a/shop' } }],
  ['/a/shop', 'folder', ['compose'], { path: '/compose', query: { file: '/a/shop' } }],
  ['/a/Dockerfile', 'file', ['build'], { path: '/build', query: { folder: '/a', file: '/a/Dockerfile' } }],
  ['/Dockerfile', 'file', ['build'], { path: '/build', query: { folder: '/', file: '/Dockerfile' } }],
  ['/a/compose.yaml', 'file', ['compose'], { path: '/compose', query: { file: '/a/compose.yaml' } }],
  ['/a/images.tar', 'file', ['archive'], { path: '/images', query: { load: '/a/images.tar' } }],
  ['/a/notes.txt', 'file', [], undefined],
] as const)('%s, a %s for %j', (path, kind, suits, place) => expect(placeFor({ path, kind, suits: [...suits] })).toEqual(place))

test.each([['/home/ada/My site', '/mnt/My-site'], ['/srv/', '/mnt/srv'], ['/', '/mnt/folder']])('%s goes to %s', (source, target) => expect(mountTarget(source)).toBe(target))
