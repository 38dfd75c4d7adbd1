import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createEventBus, unixNano } from '../../core/events/create-event-bus.ts'
import { createMemoryMetadataStore } from '../../core/metadata/memory-metadata-store.ts'
import { createLayout } from '../../layout.ts'
import { createVolumes, type VolumeRecord } from './volumes.ts'

function volumesOnDisk() {
  const root = mkdtempSync(join(tmpdir(), 'slipway-volumes-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  mkdirSync(join(root, 'data'))
  const [metadata, layout, users] = [createMemoryMetadataStore(), createLayout(join(root, 'data'), join(root, 'run')), new Set<string>()]
  const host = { run: async () => ({ code: 0, stdout: '', stderr: '' }), syscalls: {} as never, facts: {} as never }
  const volumes = createVolumes({ metadata, events: createEventBus(), host, layout, clock: unixNano, needs: { containersUsing: (name) => (users.has(name) ? [{ id: 'c', running: false }] : []) } })
  return { volumes, users, folder: (name: string) => join(layout.volumes, name), records: metadata.collection<VolumeRecord>('volumes') }
}

test('a start removes tied volumes that no container mentions, and leaves those that were untied', async () => {
  const { volumes, users, folder } = volumesOnDisk()
  const [lost, used, untied] = await Promise.all([1, 2, 3].map(() => volumes.ensure({ tied: true })))
  const named = await volumes.ensure({ name: 'named' })
  users.add(used!.name)
  volumes.untie(untied!.name)
  await volumes.sweep()
  expect(volumes.list().map(({ name }) => name)).toEqual([used, untied, named].map((volume) => volume!.name))
  expect(existsSync(folder(lost!.name))).toBe(false)
})

test('a volume that was being made or removed is not there, and goes at the start', async () => {
  const { volumes, folder, records } = volumesOnDisk()
  await volumes.ensure({ name: 'half' })
  records.put('half', { ...records.find('half')!, unfinished: true })
  expect(() => volumes.get('half')).toThrow('no such volume')
  expect(volumes.list()).toEqual([])
  await volumes.sweep()
  expect(existsSync(folder('half'))).toBe(false)
  expect(records.list()).toEqual([])
  expect(await volumes.ensure({ name: 'half' })).toMatchObject({ created: true })
  expect(volumes.get('half')).not.toHaveProperty('unfinished')
})
