// What machine a program is for.
import { closeSync, openSync, readdirSync, readSync } from 'node:fs'
import { join } from 'node:path'

/** `e_machine` of the ELF header. https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html */
const MACHINES = new Map([[62, 'x64'], [183, 'arm64']])

/** Undefined for what is no program or library of ELF. */
export function machineOf(path) {
  const header = Buffer.alloc(20)
  const file = openSync(path, 'r')
  try {
    if (readSync(file, header) < 20 || header.toString('latin1', 0, 4) !== '\x7fELF') return undefined
  } finally {
    closeSync(file)
  }
  const number = header.readUInt16LE(18)
  return MACHINES.get(number) ?? `machine ${number}`
}

/** @throws which programs and libraries below the folder do not run on that architecture */
export function refuseOtherMachines(folder, architecture) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const foreign = files.flatMap((file) => {
    const machine = machineOf(file)
    return machine && machine !== architecture ? [`${file} (${machine})`] : []
  })
  if (foreign.length > 0) throw new Error(`This would be a package for ${architecture} with programs that do not run there: ${foreign.join(', ')}`)
}
