import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readDeepLink } from './deep-link.ts'

/** A file or folder of this machine, as the page's own address: the page looks what it is, and opens the form that it suits. */
export const addressOfPath = (path: string): string => `/?open=${encodeURIComponent(path)}`

/**
 * What a program was started to open, as the page's own address: the first of its words that is a link of ours, or a file or folder that is there.
 * Switches and their values are not among `words` (see start-options.ts); file managers write a path, or an address of it.
 */
export function addressAmong(words: readonly string[], folder = currentFolder()): string | undefined {
  for (const word of words) {
    const link = readDeepLink(word)
    if (link !== undefined) return link
    const path = pathIn(word, folder)
    if (path !== undefined && existsSync(path)) return addressOfPath(path)
  }
  return undefined
}

/** It may have been removed under whoever started us. */
function currentFolder(): string {
  try {
    return process.cwd()
  } catch {
    return homedir()
  }
}

function pathIn(word: string, folder: string): string | undefined {
  if (word === '' || word.includes('\0')) return undefined
  if (!/^file:/i.test(word)) return /^[a-z][a-z0-9+.-]+:/i.test(word) ? undefined : resolve(folder, word)
  try {
    return fileURLToPath(word)
  } catch {
    // Of another machine.
    return undefined
  }
}
