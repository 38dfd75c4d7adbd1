import { expect, test } from 'vitest'
import type { ImageSummary } from '#shared/contract/images.ts'
import { familiarName, findLocal } from './local-image.ts'

const image = (tag: string, id = `sha256:${'a'.repeat(64)}`): ImageSummary => ({ id, tags: [tag], digests: [`nginx@sha256:${'b'.repeat(64)}`], createdAt: 0, sizeBytes: 1, labels: {} })

test.each([
  ['nginx', 'nginx:latest'],
  ['docker.io/library/nginx', 'nginx:latest'],
  ['localhost:5000/team/app', 'localhost:5000/team/app:latest'],
  ['app:1@sha256:00', 'app:1@sha256:00'],
  ['', ''],
])('%s is %s', (typed, name) => expect(familiarName(typed)).toBe(name))

test('an image is found by any way of naming it', () => {
  const images = [image('nginx:latest')]
  for (const name of ['nginx', 'nginx:latest', 'docker.io/library/nginx', images[0]!.id, 'a'.repeat(12), images[0]!.digests[0]!]) expect(findLocal(images, name)).toBe(images[0])
  for (const name of ['nginx:1', 'ngin', '', 'aaaa']) expect(findLocal(images, name)).toBeUndefined()
})
