import { expect, test } from 'vitest'
import type { SurveyedFile } from '#shared/images/layer-survey.ts'
import { filterFiles, layerTree, visibleRows } from './layer-tree.ts'
import { stepInstruction } from './step-words.ts'

test.each([
  ['/bin/sh -c #(nop)  CMD ["nginx"]', 'CMD', '["nginx"]'],
  ['/bin/sh -c apt-get update &&   apt-get install -y curl', 'RUN', 'apt-get update && apt-get install -y curl'],
  ['RUN /bin/sh -c npm ci # buildkit', 'RUN', 'npm ci'],
  ['|1 VERSION=3 /bin/sh -c make', 'RUN', 'make'],
  ['RUN |2 A=1 B="x y" /bin/sh -c make # buildkit', 'RUN', 'make'],
  ['COPY /app /app # buildkit', 'COPY', '/app /app'],
  ['something else', '', 'something else'],
])('%s', (createdBy, keyword, rest) => expect(stepInstruction(createdBy)).toEqual({ keyword, rest }))

const file = (path: string, bytes: number, more: Partial<SurveyedFile> = {}): SurveyedFile => ({ path, type: 'file', change: 'added', bytes, ...more })
const files = [file('/etc', 0, { type: 'directory', change: 'kept' }), file('/etc/a', 5), file('/etc/b', 50, { change: 'changed', hiddenBy: 2 }), file('/big', 500), file('/old/deep/x', 7, { change: 'deleted' })]
const shown = (open: string[], order: 'name' | 'size' = 'name') => visibleRows(layerTree(files), (path) => open.includes(path), order).map(({ node, depth, folder }) => `${' '.repeat(depth)}${node.name}${folder ? '/' : ''} ${node.bytes}`)

test('folders hold what is in them, and open one by one', () => {
  expect(shown([])).toEqual(['etc/ 55', 'old/ 7', 'big 500'])
  expect(shown(['/etc', '/old'])).toEqual(['etc/ 55', ' a 5', ' b 50', 'old/ 7', ' deep/ 7', 'big 500'])
  expect(shown([], 'size')).toEqual(['big 500', 'etc/ 55', 'old/ 7'])
})

test('search and filters', () => {
  expect(filterFiles(files, '', 'all')).toBe(files)
  expect(filterFiles(files, 'DEEP', 'all').map(({ path }) => path)).toEqual(['/old/deep/x'])
  expect(filterFiles(files, '', 'wasted').map(({ path }) => path)).toEqual(['/etc/b'])
  expect(filterFiles(files, '', 'added').map(({ path }) => path)).toEqual(['/etc/a', '/big'])
})

test('a hundred thousand files make a tree in no time that anybody notices', () => {
  const many = Array.from({ length: 100_000 }, (_, index) => file(`/usr/lib/${index % 300}/${index}`, 1))
  const tree = layerTree(many)
  expect([tree.files, tree.bytes, visibleRows(tree, () => false, 'name').length]).toEqual([100_000, 100_000, 1])
})
