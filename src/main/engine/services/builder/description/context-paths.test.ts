import { expect, test } from 'vitest'
import type { BuilderContext } from '../needs.ts'
import { contextPaths } from './context-paths.ts'

const here: Record<string, string[] | undefined> = { alpine: undefined, onbuild: ['COPY . /app'] }
const images = { find: async (name: string) => (name in here ? { id: 'sha256:1', chain: undefined, config: { config: { OnBuild: here[name] } } } : undefined) } as unknown as BuilderContext['images']
const paths = (text: string, target?: string) => contextPaths({ images }, { text, buildArgs: {}, ...(target && { target }) })

test('paths of what is built, and nothing of another stage', async () => {
  const text = 'FROM alpine AS one\nCOPY ["a/", "b c", "/x/"]\nADD https://host.test/file d*.txt /y/\nRUN --mount=type=bind,source=e,target=/e --mount=type=cache,target=/c true\nFROM alpine AS two\nCOPY unused /\nFROM one\nCOPY --from=two /unused /\nCOPY <<EOF /z\ntext\nEOF\n'
  expect(await paths(text)).toEqual(['a', 'b c', 'd*.txt', 'e', 'unused'])
  expect(await paths(text, 'one')).toEqual(['a', 'b c', 'd*.txt', 'e'])
  expect(await paths('FROM alpine\nRUN true\n')).toEqual([])
})

test.each([
  'COPY . /x',
  'COPY ./ /x',
  'COPY a/.. /x',
  'ARG A=1\nCOPY $A /x',
  'COPY */b /x',
  'COPY a[b] /x',
  'COPY !a /x',
  'COPY "a b /x',
  'RUN --mount=type=bind,target=/src true',
  'ONBUILD COPY a /x',
])('everything: %s', async (line) => expect(await paths(`FROM alpine\n${line}\n`)).toBeUndefined())

test('everything, where a base image has triggers or is not here yet, or the file cannot be read', async () => {
  for (const text of ['FROM onbuild\n', 'FROM unknown\nCOPY a /\n', 'FROM alpine\nRAN x\n']) expect(await paths(text)).toBeUndefined()
})
