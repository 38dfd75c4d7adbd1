import { chmodSync, closeSync, openSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { IndexedValues } from './indexed-values.ts'
import type { Collection, Lookup, MetadataStore } from './metadata-store.ts'
import { migrate, MIGRATIONS, type Migration } from './migrate.ts'
import { fromSqliteError, isFull } from './sqlite-error.ts'

/**
 * Opens or creates the database.
 *
 * WAL with synchronous=NORMAL: a commit survives the death of the engine at any instant; a power cut may lose the last commits
 * but never tears one (https://www.sqlite.org/pragma.html#pragma_synchronous).
 * What the disk refuses (full, read-only, damaged) is said so, here and by every write; memory then is as it was before.
 * @throws EngineError failed-precondition when a newer engine wrote the data root; data-loss (database-damaged) when it cannot be read.
 */
export function openMetadataStore(path: string, migrations: readonly Migration[] = MIGRATIONS): MetadataStore {
  keepPrivate(path)
  const database = new DatabaseSync(path)
  try {
    database.exec('PRAGMA busy_timeout = 2000')
    migrate(database, path, migrations)
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -512; PRAGMA wal_autocheckpoint = ${RESERVE_PAGES}`)
    reserve(database)
  } catch (error) {
    database.close()
    throw fromSqliteError(error, path)
  }
  const write = new Writer(database, path)
  const collections = new Map<string, SqliteCollection<unknown>>()
  return {
    collection<Value>(name: string): Collection<Value> {
      let found = collections.get(name)
      if (found) return found as SqliteCollection<Value>
      try {
        collections.set(name, (found = new SqliteCollection<unknown>(name, database, write)))
      } catch (error) {
        throw fromSqliteError(error, path)
      }
      return found as SqliteCollection<Value>
    },
    transaction: (work) => write.transaction(work),
    [Symbol.dispose]: () => database.close(),
  }
}

/**
 * Records hold what containers are told, passwords too: nobody but their owner reads them, wherever the file is put.
 * SQLite gives its log and its index the mode of the database (https://www.sqlite.org/walformat.html). What cannot be changed here is told by the open that follows.
 */
function keepPrivate(path: string): void {
  try {
    closeSync(openSync(path, 'a', 0o600))
  } catch {
    return
  }
  for (const file of [path, `${path}-wal`, `${path}-shm`]) {
    const found = statSync(file, { throwIfNoEntry: false })
    if (found && (found.mode & 0o077) !== 0) chmodSync(file, 0o600)
  }
}

/** Of 4 KiB. */
const RESERVE_PAGES = 256

/**
 * Room for small changes on a disk that is full: who wants to free space has to stop containers and remove images, and each of that is a record.
 * Writing so many pages and giving them back leaves them free within the database, and its log as long as it grows between two checkpoints; a file
 * that is written over needs no new blocks. A disk that is full already has none to give.
 */
function reserve(database: DatabaseSync): void {
  try {
    database.exec(`DROP TABLE IF EXISTS reserve; BEGIN; CREATE TABLE reserve (bytes BLOB); INSERT INTO reserve VALUES (zeroblob(${Math.floor(RESERVE_PAGES * 1.5) * 4096})); COMMIT; DROP TABLE reserve`)
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    if (!isFull(error)) throw error
  }
}

/** Serialises writes into transactions and undoes the memory side of those that fail. */
class Writer {
  readonly #database: DatabaseSync
  #undo: (() => void)[] | undefined

  readonly #path: string

  constructor(database: DatabaseSync, path: string) {
    this.#database = database
    this.#path = path
  }

  transaction<Result>(work: () => Result): Result {
    if (this.#undo) return work()
    const undo: (() => void)[] = (this.#undo = [])
    try {
      this.#database.exec('BEGIN IMMEDIATE')
      const result = work()
      this.#database.exec('COMMIT')
      return result
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      for (const step of undo.reverse()) step()
      throw fromSqliteError(error, this.#path)
    } finally {
      this.#undo = undefined
    }
  }

  /** `apply` writes to the database and then memory; `undo` restores memory should the transaction fail later. */
  write(apply: () => void, undo: () => void) {
    try {
      apply()
    } catch (error) {
      throw fromSqliteError(error, this.#path)
    }
    this.#undo?.push(undo)
  }
}

class SqliteCollection<Value> implements Collection<Value> {
  readonly #values = new IndexedValues<Value>()
  readonly #name: string
  readonly #writer: Writer
  readonly #upsert
  readonly #remove

  constructor(name: string, database: DatabaseSync, writer: Writer) {
    this.#name = name
    this.#writer = writer
    this.#upsert = database.prepare('INSERT INTO record (collection, key, value) VALUES (?, ?, ?) ON CONFLICT (collection, key) DO UPDATE SET value = excluded.value')
    this.#remove = database.prepare('DELETE FROM record WHERE collection = ? AND key = ?')
    for (const row of database.prepare('SELECT key, value FROM record WHERE collection = ? ORDER BY rowid').all(name)) this.#values.set(String(row.key), JSON.parse(String(row.value)) as Value)
  }

  get size() {
    return this.#values.size
  }
  find = (key: string) => this.#values.get(key)
  list = () => this.#values.list()
  index = (keysOf: (value: Value) => Iterable<string>): Lookup<Value> => this.#values.index(keysOf)

  put(key: string, value: Value) {
    const before = this.#values.get(key)
    this.#writer.write(
      () => {
        this.#upsert.run(this.#name, key, JSON.stringify(value))
        this.#values.set(key, value)
      },
      () => (before === undefined ? this.#values.delete(key) : this.#values.set(key, before)),
    )
  }

  delete(key: string) {
    const before = this.#values.get(key)
    if (before === undefined) return
    this.#writer.write(
      () => {
        this.#remove.run(this.#name, key)
        this.#values.delete(key)
      },
      () => this.#values.set(key, before),
    )
  }
}
