import { expect, test } from 'vitest'
import { taggedName } from './tagged-name.ts'

test.each([
  ['nginx', 'nginx:latest'],
  ['nginx:1.27', 'nginx:1.27'],
  ['localhost:5000/team/app', 'localhost:5000/team/app:latest'],
  ['localhost:5000/team/app:2', 'localhost:5000/team/app:2'],
  ['nginx@sha256:00', 'nginx@sha256:00'],
])('%s is named %s', (image, name) => expect(taggedName(image)).toBe(name))
