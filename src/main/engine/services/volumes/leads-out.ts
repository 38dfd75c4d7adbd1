import { lstatSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

/** As many links as the kernel follows: https://man7.org/linux/man-pages/man7/path_resolution.7.html */
const LINKS = 40

/** Whether a path below `root` goes above it, or through a link that is absolute. A look for the sake of a clear answer: who must not get out is opened otherwise. */
export function leadsOut(root: string, path: string): boolean {
  const left = path.split('/')
  const at: string[] = []
  for (let links = 0; left.length > 0 && links <= LINKS; ) {
    const name = left.shift() ?? ''
    if (name === '' || name === '.') continue
    if (name === '..') {
      if (at.pop() === undefined) return true
      continue
    }
    const target = linkAt(join(root, ...at, name))
    if (target === undefined) at.push(name)
    else if (target.startsWith('/')) return true
    else {
      left.unshift(...target.split('/'))
      links++
    }
  }
  return false
}

function linkAt(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined
  } catch {
    return undefined // What is not there leads nowhere; opening it says so.
  }
}
