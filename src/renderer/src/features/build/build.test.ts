import { expect, test } from 'vitest'
import { dockerfileLanguage } from './dockerfile-language.ts'
import { linesOfSteps, readOutline } from './dockerfile-outline.ts'
import { lineDiff } from './line-diff.ts'

const file = `# note
ARG VERSION=3
FROM busybox:\${VERSION} AS base
RUN echo one && \\
    echo two
FROM base AS unused
RUN echo one && echo two
FROM base
COPY a b
RUN true
CMD ["sh"]
`

test('stages and arguments of a Dockerfile', () => {
  const { stages, args, instructions } = readOutline(file)
  expect(stages).toEqual(['base', 'unused'])
  expect(args).toEqual([{ name: 'VERSION', value: '3' }])
  expect(instructions.map(({ line, endLine, keyword }) => [line, endLine, keyword])).toContainEqual([4, 5, 'RUN'])
})

test('each step of a build has its line, in order, whatever stages were left out', () => {
  const steps = ['ARG VERSION=3', 'FROM busybox:${VERSION} AS base', 'RUN echo one &&     echo two', 'FROM base', 'COPY a b', 'RUN true'].map((text, index) => ({ number: index + 1, text }))
  expect([...linesOfSteps(readOutline(file), steps)]).toEqual([[1, 2], [2, 3], [3, 4], [4, 8], [5, 9], [6, 10]])
})

test('what changed, with a little around it', () => {
  expect(lineDiff('a\nb\nc\nd\ne\nf\ng', 'a\nb\nX\nd\ne\nf\ng\nh', 1)).toEqual([
    [{ kind: 'same', text: 'b' }, { kind: 'removed', text: 'c' }, { kind: 'added', text: 'X' }, { kind: 'same', text: 'd' }],
    [{ kind: 'same', text: 'g' }, { kind: 'added', text: 'h' }],
  ])
  expect(lineDiff('same', 'same')).toEqual([])
})

test('problems, completion and explanations, all of them text', () => {
  const language = dockerfileLanguage()
  expect(language.problems?.('FROM busybox\nRUM true\n')).toMatchObject([{ line: 2, column: 1, severity: 'error', message: expect.stringContaining('RUM') }])
  const completed = language.complete?.('FROM busybox\nWOR', 16)
  expect(completed?.from).toBe(13)
  expect(completed?.options.find(({ label }) => label.startsWith('WORKDIR'))).toMatchObject({ insert: expect.stringMatching(/^WORKDIR /), explanation: expect.stringContaining('working directory') })
  const known = dockerfileLanguage(() => ['node:24', 'nginx:1.27'])
  expect(known.complete?.('ARG A\nFROM --platform=linux/arm64 nod', 37)).toEqual({ from: 34, options: [{ label: 'node:24', kind: 'text' }] })
  expect(language.explain?.('FROM busybox\n', 2)).toMatchObject({ from: 0, to: 4, text: expect.not.stringContaining('](') })
})
