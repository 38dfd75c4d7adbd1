import { readdirSync, readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { expect, test } from 'vitest'
import type { ComposeConfig } from '../compose/compose-config.ts'
import { workloadsOfCompose } from './from-compose.ts'
import { manifestsOf } from './manifests.ts'
import { unknownFields } from './testing/fields.ts'
import { checkAgainstSchemas } from './testing/schemas.ts'

const folder = new URL('fixtures/', import.meta.url)

const make = async (name: string) => manifestsOf(await workloadsOfCompose(parse(readFileSync(new URL(`${name}/compose.yaml`, folder), 'utf8')) as ComposeConfig, {}))

test.each(readdirSync(folder))('%s: its compose file becomes the manifests beside it, which are what Kubernetes takes', async (name) => {
  const { text, remarks } = await make(name)
  checkAgainstSchemas(text)
  const told = remarks.map(({ service, kind, what }) => `# ${service}: ${kind}: ${what}\n`).join('')
  await expect(`${text}---\n${told}`).toMatchFileSnapshot(new URL(`${name}/manifests.yaml`, folder).pathname)
})

test('Kubernetes knows every field of them', { timeout: 120_000 }, async () => {
  const made = (await Promise.all(readdirSync(folder).map(make))).map(({ text }) => text)
  // One run of the compiler: the last is known to be wrong.
  const wrong = made.join('---\n').replace('image:', 'picture:')
  expect(unknownFields([...made, wrong])).toEqual([expect.stringMatching(/picture.* does not exist/)])
})
