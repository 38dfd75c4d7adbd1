import { execFileSync } from 'node:child_process'

export const xz = (input: Buffer): Buffer => execFileSync('xz', ['-c'], { input, maxBuffer: 1 << 28 })
export const bzip2 = (input: Buffer): Buffer => execFileSync('bzip2', ['-c'], { input, maxBuffer: 1 << 28 })
