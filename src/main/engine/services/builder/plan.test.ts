import { expect, test } from 'vitest'
import { parseDockerfile } from '../../core/dockerfile/dockerfile.ts'
import { contextNames } from './named-context.ts'
import { planBuild } from './plan.ts'

const plan = (text: string, options: { target?: string; buildArgs?: Record<string, string | null>; platform?: string; contexts?: ReturnType<typeof contextNames> } = {}) =>
  planBuild(parseDockerfile(text), { buildArgs: {}, platformArgs: { TARGETARCH: 'amd64', BUILDPLATFORM: 'linux/amd64' }, ...options })
const shape = (text: string, options?: Parameters<typeof plan>[1]) => plan(text, options).stages.map(({ stage, base, firstStep }) => [stage.index, base, firstStep])

test('a stage nobody needs is not built, and steps are counted without it', () => {
  const text = 'ARG A\nFROM a AS one\nRUN 1\nFROM b AS unused\nRUN 2\nRUN 3\nFROM one\nRUN 4\n'
  expect(shape(text)).toEqual([
    [0, { kind: 'image', name: 'a' }, 2],
    [2, { kind: 'stage', index: 0 }, 4],
  ])
  expect(plan(text).steps).toBe(5)
})

test('stages are needed through COPY --from and RUN --mount=from, by name, number and variable', () => {
  const text = 'FROM a AS x\nFROM b AS y\nFROM c AS z\nFROM d\nCOPY --from=0 / /\nRUN --mount=from=Y,target=/y ls\n'
  expect(shape(text).map(([index]) => index)).toEqual([0, 1, 3])
})

test('a hundred thousand stages that need one another are planned', () => {
  const text = ['FROM a AS s0', ...Array.from({ length: 99_999 }, (_, index) => `FROM s${index} AS s${index + 1}`)].join('\n')
  expect(plan(text).steps).toBe(100_000)
})

test('the target ends the plan; an unknown one is refused by name', () => {
  const text = 'FROM a AS x\nFROM b AS y\n'
  expect(shape(text, { target: 'X' })).toEqual([[0, { kind: 'image', name: 'a' }, 1]])
  expect(() => plan(text, { target: 'nope' })).toThrow('target stage "nope" could not be found')
})

test('global ARGs: default, override, and the platform arguments', () => {
  expect(shape('ARG TAG=1\nARG FULL=img:$TAG\nFROM $FULL\n', { buildArgs: { TAG: '2' } })).toEqual([[0, { kind: 'image', name: 'img:2' }, 3]])
  expect(shape('FROM img:$TARGETARCH\n')[0]![1]).toEqual({ kind: 'image', name: 'img:amd64' })
  expect(plan('FROM --platform=$BUILDPLATFORM x\n').stages[0]!.platform).toBe('linux/amd64')
  expect(() => plan('FROM $NOTHING\n')).toThrow('should not be blank')
})

test('a stage may not start from a later one: that name is an image', () => {
  expect(shape('FROM later AS first\nFROM a AS later\nFROM first\n')[0]![1]).toEqual({ kind: 'image', name: 'later' })
})

test('a named context stands for an image, for a stage, and for what is copied from; that of the platform wins', () => {
  const contexts = contextNames({ base: { kind: 'image', name: 'x' }, 'docker.io/library/alpine:latest': { kind: 'image', name: 'y' }, 'two::linux/arm64': { kind: 'image', name: 'z' }, two: { kind: 'image', name: 'w' } }, { os: 'linux', architecture: 'arm64' })
  expect(['base', 'BASE:latest', 'alpine', 'two', 'alpine:3', 'other'].map(contexts)).toEqual(['base', 'base', 'docker.io/library/alpine:latest', 'two::linux/arm64', undefined, undefined])
  const text = 'FROM lost AS gone\nFROM gone AS two\nRUN never\nFROM base\nCOPY --from=two / /\n'
  expect(shape(text, { contexts })).toEqual([[1, { kind: 'context', name: 'two::linux/arm64' }, 1], [2, { kind: 'context', name: 'base' }, 2]])
  expect(plan(text, { contexts }).stages[0]!.stage.instructions).toEqual([])
})
