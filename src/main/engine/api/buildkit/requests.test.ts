import { expect, test } from 'vitest'
import type { ImageId } from '#shared/oci/digest.ts'
import { describeFile } from '../../services/builder/description/describe-file.ts'
import { definitionOfImage, imageOfDefinition } from './image-reference.ts'
import { messages } from './protocol/messages.ts'
import { answerRequest } from './requests.ts'

const ask = (requestid: string, text: string, attributes: Record<string, string> = {}) => {
  const answer = answerRequest({ builder: { describe: describeFile } } as unknown as Parameters<typeof answerRequest>[0], { attributes: { requestid, ...attributes }, filename: 'Dockerfile', text })
  return { json: JSON.parse(String(answer['result.json'])) as unknown, text: String(answer['result.txt']), code: answer['result.statuscode'] && String(answer['result.statuscode']) }
}
const FILE = 'ARG BASE=alpine\nFROM $BASE AS one\nRUN --mount=type=secret,id=k true\nFROM one as Two\nCMD x\n'

test('what a build takes, and its stages', () => {
  expect(ask('frontend.outline', FILE, { target: 'one', 'build-arg:BASE': 'debian' }).json).toMatchObject({ name: 'one', args: [{ name: 'BASE', value: 'debian', location: { ranges: [{ start: { line: 1 } }] } }], secrets: [{ name: 'k' }], ssh: [], cache: [] })
  expect(ask('frontend.targets', FILE).json).toMatchObject({ targets: [{ name: 'one', base: 'alpine' }, { name: 'two', base: 'one', default: true }] })
  expect(ask('frontend.subrequests.describe', FILE).json).toMatchObject([{ Name: 'frontend.subrequests.describe' }, { Name: 'frontend.outline' }, { Name: 'frontend.targets' }, { Name: 'frontend.lint' }])
  expect(() => ask('frontend.other', FILE)).toThrow('frontend.other is not supported')
})

test('what it had better not say; a file that cannot be read is an answer too', () => {
  const found = ask('frontend.lint', FILE)
  expect(found.code).toBe('1')
  expect(found.json).toMatchObject({ warnings: [{ ruleName: 'FromAsCasing', url: 'https://docs.docker.com/go/dockerfile/rule/from-as-casing/' }, { ruleName: 'StageNameCasing' }, { ruleName: 'JSONArgsRecommended', url: 'https://docs.docker.com/go/dockerfile/rule/json-args-recommended/', location: { ranges: [{ start: { line: 5 }, end: { line: 5 } }] } }], sources: [{ filename: 'Dockerfile', data: Buffer.from(FILE).toString('base64') }] })
  expect(found.text).toContain('   5 | CMD x')
  expect(ask('frontend.lint', 'FROM a\nCMD ["x"]\n')).toMatchObject({ json: { warnings: [] }, code: '0' })
  expect(ask('frontend.lint', 'FROM a\nRAN x\n')).toMatchObject({ json: { error: { message: expect.stringContaining('unknown instruction: RAN') as string, location: { ranges: [{ start: { line: 2 } }] } } }, code: '1' })
})

test('an image as LLB and back; other LLB is not taken for one', () => {
  const id = `sha256:${'a'.repeat(64)}` as ImageId
  expect(imageOfDefinition(definitionOfImage(id))).toBe(id)
  const foreign = messages.operation.encode({ source: { identifier: 'docker-image://docker.io/library/alpine' } })
  expect(imageOfDefinition({ def: [foreign], metadata: {} })).toBeUndefined()
  expect(imageOfDefinition({ def: [...definitionOfImage(id).def, ...definitionOfImage(id).def], metadata: {} })).toBeUndefined()
})
