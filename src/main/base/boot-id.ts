import { readFileSync } from 'node:fs'

/** The same until the machine starts again (random(4)). */
export const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
