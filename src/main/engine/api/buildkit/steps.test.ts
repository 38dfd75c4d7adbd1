import { expect, test } from 'vitest'
import { parseDockerfile } from '../../core/dockerfile/dockerfile.ts'
import { observedSteps } from '../../services/builder/build-observer.ts'
import { planBuild } from '../../services/builder/plan.ts'
import { createProgress, type Update } from './progress.ts'
import { observeSteps, stepNames } from './steps.ts'

const steps = (file: string) => observedSteps(planBuild(parseDockerfile(file), { buildArgs: {}, platformArgs: {} }))
const names = (file: string) => [...stepNames(steps(file)).values()]

test('one stage: numbers alone, and only what reads or changes files', () => {
  expect(names('FROM busybox\nENV A=1\nRUN a \\\n  && b\nCMD x\n')).toEqual(['[1/2] FROM docker.io/library/busybox:latest', '[2/2] RUN a && b'])
})

test('several stages: by name, or by number', () => {
  expect(names('FROM a.io/x:1 AS base\nRUN a\nFROM scratch\nCOPY --from=base / /\n')).toEqual(['[base 1/2] FROM a.io/x:1', '[base 2/2] RUN a', '[stage-1 1/2] FROM scratch', '[stage-1 2/2] COPY --from=base / /'])
})

test('what the builder tells becomes vertices, to the end of the build', async () => {
  const progress = createProgress('b')
  const observer = observeSteps('b', progress)
  observer.planned(steps('FROM busybox\nENV A=1\nRUN a\n'))
  observer.started('0.1')
  observer.output('0.1', 'stderr', 'hello')
  observer.started('0.0')
  observer.cached('0.1')
  observer.ended('0.1', new Error('broken'))
  progress.end()
  const heard: Update[] = await Array.fromAsync(progress.updates(new AbortController().signal))
  const [from, run] = heard[0]!.vertexes!
  expect(run).toMatchObject({ name: '[2/2] RUN a', inputs: [from!.digest] })
  expect(heard.flatMap(({ logs = [] }) => logs.map(({ vertex, stream, msg }) => [vertex === run!.digest, stream, String(msg)]))).toEqual([[true, 2, 'hello']])
  expect(heard.at(-1)!.vertexes).toEqual([{ ...run, started: expect.anything() as object, completed: expect.anything() as object, cached: true, error: 'broken' }])
})

test('who comes late hears everything; who leaves is let go', async () => {
  const progress = createProgress('b')
  await progress.during('mine', async ({ status }) => status('sending', { current: 5 }, true))
  const leaving = new AbortController()
  const heard: Update[] = []
  const listening = (async () => { for await (const update of progress.updates(leaving.signal)) heard.push(update) })()
  await expect(progress.during('bad', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  leaving.abort()
  await listening
  expect(heard.flatMap(({ vertexes = [] }) => vertexes.map(({ name, error, completed }) => [name, error, completed !== undefined]))).toEqual([['mine', undefined, false], ['mine', undefined, true], ['bad', undefined, false], ['bad', 'no', true]])
})
