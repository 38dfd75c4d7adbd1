// Where things are, and a log line that looks the same everywhere. Runs on bare Node 20, before anything is installed.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
export const inRoot = (...parts) => join(ROOT, ...parts)

/** Node 24 of the project, whatever the machine has. */
export const PROJECT_NODE = inRoot('node_modules', 'node', 'bin', 'node')

/** For people: on standard error, so that standard output stays the program's own. */
export const say = (text) => void process.stderr.write(`slipway: ${text}\n`)

/** A hash of the content of files; folders are walked. What is not there counts as empty. */
export function hashFiles(paths, keep = () => true) {
  const hash = createHash('sha256')
  for (const path of paths) {
    for (const file of filesUnder(path)) {
      if (!keep(file)) continue
      hash.update(`${relative(ROOT, file)}\0`)
      hash.update(readFileSync(file))
      hash.update('\0')
    }
  }
  return hash.digest('hex')
}

function filesUnder(path) {
  if (!existsSync(path)) return []
  try {
    const entries = readdirSync(path, { withFileTypes: true, recursive: true })
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name)).sort()
  } catch (error) {
    if (error.code === 'ENOTDIR') return [path]
    throw error
  }
}

const stampPath = (name) => inRoot('.cache', 'stamps', name)

/** Remembers that something was done for this very input. */
export function writeStamp(name, value) {
  mkdirSync(dirname(stampPath(name)), { recursive: true })
  writeFileSync(stampPath(name), value)
}

export function hasStamp(name, value) {
  return existsSync(stampPath(name)) && readFileSync(stampPath(name), 'utf8') === value
}
