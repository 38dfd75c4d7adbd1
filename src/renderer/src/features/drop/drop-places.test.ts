import { expect, test } from 'vitest'
import { mountTarget, placeFor } from './drop-places.ts'

test.each([
  ['/a/shop', '/a', 'folder', ['build', 'compose'], { path: '/build', query: { folder: '/a/shop' } }],
  ['/a/shop', '/a', 'folder', ['compose'], { path: '/compose', query: { file: '/a/shop' } }],
  ['/a/Dockerfile', '/a', 'file', ['build'], { path: '/build', query: { folder: '/a', file: '/a/Dockerfile' } }],
  ['/Dockerfile', '/', 'file', ['build'], { path: '/build', query: { folder: '/', file: '/Dockerfile' } }],
  ['/a/compose.yaml', '/a', 'file', ['compose'], { path: '/compose', query: { file: '/a/compose.yaml' } }],
  ['/a/images.tar', '/a', 'file', ['archive'], { path: '/images', query: { load: '/a/images.tar' } }],
  ['C:\\a\\Dockerfile', 'C:\\a', 'file', ['build'], { path: '/build', query: { folder: 'C:\\a', file: 'C:\\a\\Dockerfile' } }],
  ['/a/notes.txt', '/a', 'file', [], undefined],
] as const)('%s in %s, a %s for %j', (path, folder, kind, suits, place) => expect(placeFor({ path, folder, kind, suits: [...suits] })).toEqual(place))

test.each([['/home/ada/My site', '/mnt/My-site'], ['/srv/', '/mnt/srv'], ['/', '/mnt/folder']])('%s goes to %s', (source, target) => expect(mountTarget(source)).toBe(target))
