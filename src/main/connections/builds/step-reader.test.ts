import { expect, test } from 'vitest'
import { createStepReader, type BuildNews } from './step-reader.ts'

function read(...streams: string[]) {
  let clock = 0
  const reader = createStepReader(() => ++clock)
  const news = streams.flatMap((stream) => reader.read({ stream }))
  return { reader, news, output: news.flatMap((each) => (each.kind === 'output' ? [`${each.step} ${each.text}`] : [])), steps: lastOfEach(news) }
}
const lastOfEach = (news: BuildNews[]) => [...new Map(news.flatMap((each) => (each.kind === 'step' ? [[each.step.number, each.step] as const] : []))).values()]

test('steps, what they said, what was known already', () => {
  const { reader, output, steps } = read('Step 1/3 : FROM busybox:1.0\n', ' ---> 0123456789ab\n', 'Step 2/3 : RUN echo hi', '\n', ' ---> Running in ffffffffffff\n', 'hi\n', 'half', '\n', 'Removing intermediate container ffffffffffff\n', ' ---> 111111111111\n', 'Step 3/3 : CMD ["sh"]\n', ' ---> Using cache\n', ' ---> 222222222222\n')
  expect(steps.map(({ number, text, state, cached }) => [number, text, state, cached])).toEqual([[1, 'FROM busybox:1.0', 'done', false], [2, 'RUN echo hi', 'done', false], [3, 'CMD ["sh"]', 'running', true]])
  expect(output).toEqual(['2 \n', '2 hi\n', '2 half', '2 \n'])
  expect(reader.end('done')).toMatchObject([{ kind: 'step', step: { number: 3, state: 'done' } }])
  expect([reader.steps, reader.cached, reader.bases]).toEqual([3, 1, [{ name: 'busybox:1.0', image: '0123456789ab' }]])
})

test('the step that was under way is the one that failed', () => {
  const { reader } = read('Step 1/2 : FROM scratch\n', ' ---> \n', 'Step 2/2 : RUN false\n')
  reader.end('failed')
  expect(reader.current).toMatchObject({ number: 2, state: 'failed' })
})

test('a pull is told without its progress', () => {
  const { reader } = read('Step 1/1 : FROM nginx\n')
  const said = [{ status: 'Pulling from library/nginx', id: 'latest' }, { status: 'Downloading', id: 'abc', progressDetail: { current: 1, total: 2 } }, { status: 'Pull complete', id: 'abc' }].flatMap((line) => reader.read(line))
  expect(said.map((each) => (each.kind === 'output' ? each.text : ''))).toEqual(['latest: Pulling from library/nginx\n', 'abc: Pull complete\n'])
})
