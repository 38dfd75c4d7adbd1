// What electron-builder calls (electron-builder.yml): the engine's native parts are those of the machine that the package is for.
import { refuseOtherMachines } from './elf.mjs'
import { buildNativeFor } from './native.mjs'

/** `Arch` of electron-builder. https://www.electron.build/api/builder-util.enumeration.arch */
const ARCHITECTURES = new Map([[1, 'x64'], [3, 'arm64']])
const architectureOf = ({ arch }) => ARCHITECTURES.get(arch) ?? `architecture ${arch}`

export function beforePack(context) {
  if (context.electronPlatformName === 'linux') buildNativeFor(architectureOf(context))
}

export function afterPack(context) {
  if (context.electronPlatformName === 'linux') refuseOtherMachines(context.appOutDir, architectureOf(context))
}
