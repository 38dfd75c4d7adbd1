import { expect, test } from 'vitest'
import { openConnection } from './connection.ts'
import { repositoryTags } from './repository-tags.ts'
import { startFakeEngine, type FakeEngine } from './testing/fake-engine.ts'

const { signal } = new AbortController()
async function connect(engine: FakeEngine) {
  const connection = openConnection({ id: 'embedded', name: 'Slipway', target: { kind: 'embedded', socketPath: engine.socketPath } })
  await connection.ready(signal)
  return connection
}

test('the engine asks the registry, with the account given', async () => {
  await using engine = await startFakeEngine()
  engine.routes.set('GET /slipway/host', () => ({ rootless: false, checks: [] }))
  engine.routes.set('GET /slipway/images/tags', () => ({ Tags: ['latest', '1.2'], Total: 2 }))
  await using connection = await connect(engine)
  expect(await repositoryTags(connection, { repository: 'registry:5000/app' }, signal)).toEqual(['latest', '1.2'])
  expect(engine.asked.at(-1)).toContain('/slipway/images/tags?name=registry%3A5000%2Fapp&limit=2000')
})

test('a plain Docker engine is not asked', async () => {
  await using engine = await startFakeEngine()
  await using connection = await connect(engine)
  const asked = engine.asked.length
  await expect(repositoryTags(connection, { repository: 'nginx' }, signal)).rejects.toMatchObject({ code: 'not-implemented', reason: 'needs-slipway' })
  expect(engine.asked.length).toBe(asked)
})
