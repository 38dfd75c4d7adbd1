import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * Path of a file under `resources/`, or undefined.
 *
 * Some folder above this file holds `resources`: the checkout when the engine runs from sources or from `out/`, the
 * installation when it is packaged (outside the asar, from which nothing can be executed or mapped).
 */
export function findResource(path: string, from: string = import.meta.dirname): string | undefined {
  const candidate = join(from, 'resources', path)
  if (existsSync(candidate)) return candidate
  const above = dirname(from)
  return above === from ? undefined : findResource(path, above)
}

/** Path of a part that is built with the product (`slipway-shim`, `slipway-syscalls.node`), or undefined when it was not built. */
export const findBinary = (name: string): string | undefined => findResource(join('bin', name))
