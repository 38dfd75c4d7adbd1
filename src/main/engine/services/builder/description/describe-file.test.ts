import { expect, test } from 'vitest'
import { describeFile } from './describe-file.ts'

const describe = (text: string, target?: string) => describeFile({ text, buildArgs: { WHO: 'you' }, ...(target && { target }) })
const rules = (text: string) => describe(text).findings.map(({ rule, position }) => `${rule}:${position.line}`)

test('stages, arguments and mounts of what the target needs', () => {
  const text = ['ARG BASE=alpine', 'FROM $BASE AS one', 'ARG WHO=me', 'ARG FULL="hi $WHO"', 'RUN --mount=type=secret,id=key,required --mount=type=cache,target=/c true', 'FROM scratch AS two', 'ARG OTHER', 'RUN --mount=type=ssh true', 'COPY --from=one / /'].join('\n')
  const whole = describe(text)
  expect(whole.stages.map(({ name, base, isDefault, isTarget }) => [name, base, isDefault, isTarget])).toEqual([['one', 'alpine', false, false], ['two', 'scratch', true, true]])
  expect(whole.args.map(({ name, value }) => [name, value])).toEqual([['BASE', 'alpine'], ['WHO', 'you'], ['FULL', 'hi you'], ['OTHER', undefined]])
  expect(whole.mounts.map(({ type, id, required }) => [type, id, required])).toEqual([['secret', 'key', true], ['cache', '/c', false], ['ssh', 'default', false]])
  const first = describe(text, 'one')
  expect(first.args.map(({ name }) => name)).not.toContain('OTHER')
  expect(first.stages.map(({ isDefault, isTarget }) => [isDefault, isTarget])).toEqual([[false, true], [true, false]])
})

test('a file that says nothing doubtful, and one that does', () => {
  expect(rules('FROM alpine AS build\nWORKDIR /src\nENV A=b\nRUN make\nCMD ["run"]\n')).toEqual([])
  expect(rules('FROM alpine as Build\nMAINTAINER me\nWORKDIR src\nENV A b\nARG API_TOKEN\nCMD run\nCMD again\nrun x\n')).toEqual([
    'FromAsCasing:1',
    'StageNameCasing:1',
    'MaintainerDeprecated:2',
    'WorkdirRelativePath:3',
    'LegacyKeyValueFormat:4',
    'SecretsUsedInArgOrEnv:5',
    'JSONArgsRecommended:6',
    'MultipleInstructionsDisallowed:6',
    'JSONArgsRecommended:7',
    'ConsistentInstructionCasing:8',
  ])
  expect(rules('FROM --platform=linux/amd64 a$WHICH\n')).toEqual(['FromPlatformFlagConstDisallowed:1', 'UndefinedArgInFrom:1'])
  expect(rules('FROM a\nRUN x \\\n\n y\n')).toEqual(['NoEmptyContinuation:2'])
})

test('rules that the file does not want', () => {
  expect(rules('# check=skip=JSONArgsRecommended,StageNameCasing\nFROM a AS B\nCMD x\n')).toEqual([])
  expect(rules('# check=skip=all;error=true\nFROM a as B\nCMD x\n')).toEqual([])
})
