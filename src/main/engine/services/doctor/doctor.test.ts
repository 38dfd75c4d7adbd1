import { mkdirSync } from 'node:fs'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createMemoryMetadataStore } from '../../core/metadata/memory-metadata-store.ts'
import { createLayout } from '../../layout.ts'
import { createDoctor, type DoctorContext } from './doctor.ts'

async function openDoctor() {
  const root = await mkdtemp(join(tmpdir(), 'slipway-doctor-'))
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  const layout = createLayout(join(root, 'data'), join(root, 'run'))
  const blobs = join(layout.content, 'blobs/sha256')
  for (const path of [blobs, layout.containersRun, layout.volumes]) mkdirSync(path, { recursive: true })
  const metadata = createMemoryMetadataStore()
  const networks = { faults: async () => [], mend: async () => {} }
  const doctor = createDoctor({ layout, metadata, layers: {} as DoctorContext['layers'], form: 'overlay', running: true, needs: { networks } })
  const look = async () => (await doctor.check({ repair: false })).findings.map(({ reason, subject }) => `${reason} ${subject}`).filter((words) => !words.startsWith('database'))
  return { blobs, metadata, look }
}

test('a blob that is gone when it is to be read is none, unless somebody needs it', async () => {
  const { blobs, metadata, look } = await openDoctor()
  const digest = 'a'.repeat(64)
  // In the list of the folder, and not to be opened.
  await symlink('gone', join(blobs, digest))
  expect(await look()).toEqual([])
  metadata.collection('images').put(`sha256:${digest}`, { id: `sha256:${digest}`, diffIds: [] })
  expect(await look()).toEqual([`blob-missing ${digest.slice(0, 12)}`])
  await writeFile(join(blobs, 'b'.repeat(64)), 'other bytes')
  expect(await look()).toEqual([`blob-damaged sha256:${'b'.repeat(64)}`, `blob-missing ${digest.slice(0, 12)}`])
})

test('a container that is being removed has lost nothing', async () => {
  const { metadata, look } = await openDoctor()
  const container = (id: string, status: string) => metadata.collection('containers').put(id, { id, name: id, mounts: [], state: { status } })
  container('going', 'removing')
  container('cut', 'created')
  expect(await look()).toEqual(['container-files-missing cut'])
})
