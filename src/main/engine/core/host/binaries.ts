import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * Path of a helper that is built with the product (`slipway-shim`, `slipway-syscalls.node`), or undefined when it was not built.
 *
 * They lie in `resources/bin`: of the checkout when the engine runs from sources or from `out/`, of the installation
 * when it is packaged (outside the asar, from which nothing can be executed or mapped). In each case some folder above this file holds `resources/bin`.
 */
export function findBinary(name: string, from: string = import.meta.dirname): string | undefined {
  const candidate = join(from, 'resources', 'bin', name)
  if (existsSync(candidate)) return candidate
  const above = dirname(from)
  return above === from ? undefined : findBinary(name, above)
}
