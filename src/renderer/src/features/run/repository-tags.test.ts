import { expect, test } from 'vitest'
import { repositoryIn } from './use-repository-tags.ts'

test('a repository is known by the colon after it', () => {
  expect(['nginx:', 'nginx:1.2', 'registry:5000/team/app:', 'registry:5000/team/app:v1', 'localhost:5000/x:a-b_c'].map(repositoryIn)).toEqual(['nginx', 'nginx', 'registry:5000/team/app', 'registry:5000/team/app', 'localhost:5000/x'])
})
test('a name, a port of a registry, a digest and a sentence are none', () => {
  expect(['nginx', '', ':', 'registry:5000/team', 'nginx@sha256:0123', 'docker run nginx:1', 'Nginx:1'].map(repositoryIn)).toEqual(Array.from({ length: 7 }, () => undefined))
})
