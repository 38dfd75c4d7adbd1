import { readdirSync } from 'node:fs'
import { posix } from 'node:path'
import { EngineError } from '#shared/errors.ts'
import { matchesGlob, pathMatchSteps } from '#shared/glob.ts'
import type { IgnoreMatcher } from '../../../core/dockerfile/dockerfile.ts'
import { fromText, toPath, toText, type BytePath } from '../../../core/layers/byte-path.ts'
import type { Located, RootedTree } from './rooted-tree.ts'

/** Something a COPY or ADD names. */
export interface Source extends Located {
  /** As named, before links were followed: gives the last part of the destination. */
  name: BytePath
  /** Behind the pivot of --parents (`a/./b/c` → `b/c`), or the whole. */
  parentsPath: BytePath
}

const WILDCARD = /[*?[\\]/

/** @throws EngineError not-found in the words of Docker when something is missing or ignored. */
export function selectSources(tree: RootedTree, patterns: readonly string[], ignored: IgnoreMatcher | undefined): Source[] {
  const found = patterns.flatMap((pattern) => {
    const path = posix.normalize(`/${pattern}`).slice(1).replace(/\/$/, '')
    const matches = WILDCARD.test(path) ? glob(tree, path).filter((name) => !ignored?.ignores(toText(name))) : [fromText(path)]
    return matches.map((name) => locateSource(tree, name, pattern, ignored))
  })
  if (found.length === 0) throw new EngineError('not-found', 'no source files were specified', { reason: 'copy-source', hint: 'No file of the build context matches; check the pattern and .dockerignore.' })
  return found
}

function locateSource(tree: RootedTree, name: BytePath, pattern: string, ignored: IgnoreMatcher | undefined): Source {
  // The context itself is there, whatever of it is ignored.
  const located = name !== '' && ignored?.prunes(toText(name)) ? undefined : tree.locate(name)
  if (!located || (!located.stat.isDirectory() && name !== '' && ignored?.ignores(toText(name))))
    throw new EngineError('not-found', `file not found in build context or excluded by .dockerignore: stat ${pattern}: file does not exist`, { reason: 'copy-source' })
  const pivot = pattern.indexOf('/./')
  return { ...located, name, parentsPath: pivot < 0 ? name : posix.relative(fromText(posix.normalize(pattern.slice(0, pivot))), name) }
}

/** Paths that match a pattern part by part, sorted; `*` crosses no slash. */
function glob(tree: RootedTree, pattern: string): BytePath[] {
  return pattern.split('/').reduce<BytePath[]>(
    (folders, part) =>
      folders.flatMap((folder) => {
        const path = posix.join(folder, fromText(part))
        if (!WILDCARD.test(part)) return tree.locate(path) ? [path] : []
        const at = tree.locate(folder)
        if (!at?.stat.isDirectory()) return []
        const steps = pathMatchSteps(part)
        return readdirSync(toPath(at.hostPath), 'latin1').filter((name) => matchesGlob(steps, toText(name))).sort().map((name) => posix.join(folder, name))
      }),
    [''],
  )
}
