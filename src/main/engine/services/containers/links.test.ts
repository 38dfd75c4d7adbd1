import { expect, test } from 'vitest'
import { networkOwner } from './network-plan.ts'
import { createFakeEngine } from './testing/fake-engine.ts'

const request = (name: string, host: { NetworkMode?: string; Links?: string[] } = {}) => ({ name, config: { Image: 'busybox' }, host, endpoints: {} })

test('a link of the default bridge gives its other end one more name', async () => {
  const { containers } = createFakeEngine()
  const db = await containers.create(request('db'))
  await containers.create(request('web', { Links: ['db:store'] }))
  await containers.create(request('api', { Links: ['/db'] }))
  expect(containers.namesByLinks().get(db.id)).toEqual(['web/store', 'api/db'])
  expect([containers.find('web/store')?.id, containers.find('/api/db')?.id]).toEqual([db.id, db.id])
  expect((await containers.list({ all: true, filters: { name: ['store'] } })).map(({ name }) => name)).toEqual(['db'])
  await containers.rename('web', 'front')
  expect(containers.namesByLinks().get(db.id)).toEqual(['front/store', 'api/db'])
  await containers.removeLink('front', 'store')
  expect([containers.find('front/store'), containers.find('front/db'), containers.find('nobody/db')]).toEqual([undefined, undefined, undefined])
})

test('whoever joins one that has joined another has the network of that', async () => {
  const { containers } = createFakeEngine()
  const owner = await containers.create(request('owner'))
  await containers.create(request('middle', { NetworkMode: 'container:owner' }))
  await containers.create(request('last', { NetworkMode: 'container:middle' }))
  for (const name of ['owner', 'middle', 'last']) expect(networkOwner(containers, containers.get(name)).id).toBe(owner.id)
  await containers.create(request('me', { NetworkMode: 'container:me' }))
  expect(() => networkOwner(containers, containers.get('me'))).toThrow('cannot join own network')
})

test('a link on a network of the user names nobody', async () => {
  const { containers } = createFakeEngine()
  const db = await containers.create(request('db'))
  await containers.create(request('web', { NetworkMode: 'backend', Links: ['db:store'] }))
  expect([containers.namesByLinks().get(db.id), containers.find('web/store')]).toEqual([undefined, undefined])
})
