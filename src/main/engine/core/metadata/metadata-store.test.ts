import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createMemoryMetadataStore } from './memory-metadata-store.ts'
import type { MetadataStore } from './metadata-store.ts'
import { MIGRATIONS, type Migration } from './migrate.ts'
import { openMetadataStore } from './sqlite-metadata-store.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'metadata-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe.each<[string, () => MetadataStore]>([
  ['sqlite', () => openMetadataStore(join(folder, 'db'))],
  ['memory', () => createMemoryMetadataStore()],
])('a metadata store (%s)', (_name, open) => {
  test('keeps values by key, lists them in order of insertion, and forgets deleted ones', () => {
    using store = open()
    const things = store.collection<{ n: number }>('things')
    things.put('b', { n: 1 })
    things.put('a', { n: 2 })
    things.put('b', { n: 3 })
    expect(things.list()).toEqual([{ n: 3 }, { n: 2 }])
    things.delete('b')
    things.delete('never was')
    expect([things.find('b'), things.find('a'), things.size]).toEqual([undefined, { n: 2 }, 1])
    expect(store.collection('other').size).toBe(0)
  })

  test('a transaction that throws leaves nothing behind, across collections', () => {
    using store = open()
    const [left, right] = [store.collection<number>('left'), store.collection<number>('right')]
    left.put('kept', 1)
    expect(() =>
      store.transaction(() => {
        left.put('kept', 2)
        left.put('new', 3)
        right.put('new', 4)
        left.delete('kept')
        throw new Error('no')
      }),
    ).toThrow('no')
    expect([left.list(), right.list()]).toEqual([[1], []])
  })

  test('finds values by what they say, in the order in which they came to say it', () => {
    using store = open()
    const pets = store.collection<{ name: string; owners: string[] }>('pets')
    pets.put('1', { name: 'Rex', owners: ['ada', 'ada', 'bob'] })
    const named = (owner: string) => ofOwner.find(owner).map(({ name }) => name)
    const ofOwner = pets.index(({ owners }) => owners)
    pets.put('2', { name: 'Tom', owners: ['ada'] })
    expect([named('ada'), named('bob'), named('eve')]).toEqual([['Rex', 'Tom'], ['Rex'], []])
    pets.put('1', { name: 'Max', owners: ['ada', 'eve'] })
    pets.put('3', { name: 'Kim', owners: [] })
    expect([named('ada'), named('bob'), named('eve')]).toEqual([['Max', 'Tom'], [], ['Max']])
    pets.delete('1')
    pets.put('1', { name: 'Rex', owners: ['ada'] })
    expect([named('ada'), named('eve')]).toEqual([['Tom', 'Rex'], []])
    expect(['ada', 'bob', 'eve'].map(ofOwner.has)).toEqual([true, false, false])
  })

  test('after a transaction that throws, values are found by what they said before', () => {
    using store = open()
    const pets = store.collection<{ owner: string }>('pets')
    const ofOwner = pets.index(({ owner }) => [owner])
    pets.put('1', { owner: 'ada' })
    pets.put('2', { owner: 'bob' })
    expect(() =>
      store.transaction(() => {
        pets.put('1', { owner: 'eve' })
        pets.put('3', { owner: 'eve' })
        pets.delete('2')
        expect(['ada', 'bob', 'eve'].map((owner) => ofOwner.find(owner).length)).toEqual([0, 0, 2])
        throw new Error('no')
      }),
    ).toThrow('no')
    expect(['ada', 'bob', 'eve'].map(ofOwner.find)).toEqual([[{ owner: 'ada' }], [{ owner: 'bob' }], []])
  })

  test('a nested transaction joins the outer one', () => {
    using store = open()
    const values = store.collection<number>('values')
    expect(() =>
      store.transaction(() => {
        store.transaction(() => values.put('inner', 1))
        throw new Error('outer')
      }),
    ).toThrow('outer')
    expect(values.list()).toEqual([])
  })
})

test('records survive a reopen', () => {
  {
    using store = openMetadataStore(join(folder, 'db'))
    store.collection('things').put('a', { deep: [1, 2] })
  }
  using again = openMetadataStore(join(folder, 'db'))
  expect(again.collection('things').find('a')).toEqual({ deep: [1, 2] })
})

test('nobody but its owner reads the records, also those of an engine that left them open to all', () => {
  const path = join(folder, 'db')
  const modes = () => readdirSync(folder).sort().map((name) => `${name} ${(statSync(join(folder, name)).mode & 0o777).toString(8)}`)
  using _first = openMetadataStore(path)
  expect(modes()).toEqual(['db 600', 'db-shm 600', 'db-wal 600'])
  for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o644)
  using _second = openMetadataStore(path)
  expect(modes()).toEqual(['db 600', 'db-shm 600', 'db-wal 600'])
})

test('a data root of a newer engine is refused and untouched', () => {
  const path = join(folder, 'db')
  const database = new DatabaseSync(path)
  database.exec('PRAGMA user_version = 999')
  database.close()
  const before = readFileSync(path)
  expect(() => openMetadataStore(path)).toThrow(/newer Slipway, and nothing in it was changed \(schema 999; this one knows 1\)/)
  expect(readFileSync(path)).toEqual(before)
  expect(readdirSync(folder)).toEqual(['db'])
})

describe('a data root of an older engine', () => {
  const path = () => join(folder, 'db')
  const rename: Migration = (database) => database.exec("UPDATE record SET value = json_set(value, '$.name', value ->> '$.n')")
  const breaks: Migration = (database) => database.exec('DELETE FROM record; INSERT INTO nowhere VALUES (1)')
  const valueIn = (file: string) => {
    using store = openMetadataStore(file)
    return store.collection('things').find('a')
  }
  beforeEach(() => {
    using store = openMetadataStore(path())
    store.collection('things').put('a', { n: 'x' })
  })

  test('is taken forward, all steps at once, and a copy is kept that the older one can open', () => {
    {
      using store = openMetadataStore(path(), [...MIGRATIONS, rename, () => {}])
      expect(store.collection('things').find('a')).toEqual({ n: 'x', name: 'x' })
    }
    expect(statSync(`${path()}.schema-1`).mode & 0o777).toBe(0o600)
    expect(valueIn(`${path()}.schema-1`)).toEqual({ n: 'x' })
    expect(() => openMetadataStore(path())).toThrow(expect.objectContaining({ code: 'failed-precondition', hint: expect.stringContaining('db.schema-1') }))
    using again = openMetadataStore(path(), [...MIGRATIONS, rename, () => {}])
    expect(again.collection('things').size).toBe(1)
  })

  test('is as it was when a step fails', () => {
    expect(() => openMetadataStore(path(), [...MIGRATIONS, rename, breaks])).toThrow(/schema 1 to 3, and are as they were: no such table/)
    expect(valueIn(path())).toEqual({ n: 'x' })
  })
})
