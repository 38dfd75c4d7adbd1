// Whose work the app contains. Bundles tell which packages are in them; what ships beside them as it is stands in the lock file.
//   out/licences.json for the app (Settings → Licences), out/licences.txt for packages.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { inRoot } from './project.mjs'

/** @typedef {{ name: string, version: string, licence: string, text: string }} Licence */

/** What the bundle of a section told when it was last made. */
const listOf = (section) => inRoot('.cache', `licences-${section}.json`)
/** What its plugin writes into our styles, so that no module of it is seen. */
const INLINED = ['tailwindcss']
/** Of the programs in native/, which are linked with it. */
const LIBC = {
  name: 'GNU C Library', version: '', licence: 'LGPL-2.1-or-later',
  text: 'slipway-shim and slipway-init are linked with the C library of the system they were built on. Their own sources, and how to link them anew with another, are in the folder native/ of Slipway’s sources.\nSources of the GNU C Library: https://sourceware.org/glibc/\nIts licence: https://www.gnu.org/licenses/old-licenses/lgpl-2.1.html',
}

/** A plugin that tells of which packages something is in the bundle. */
export const licencesOfBundle = (section, root = inRoot()) => ({
  name: 'slipway:licences',
  writeBundle(_options, bundle) {
    const chunks = Object.values(bundle).flatMap((part) => (part.type === 'chunk' ? Object.keys(part.modules) : part.originalFileNames.map((name) => resolve(root, name))))
    // Styles are taken out of the chunks that asked for them.
    const styles = [...this.getModuleIds()].filter((id) => /\.css(?:\?|$)/.test(id))
    const folders = [...chunks, ...styles].map(packageOf).filter((folder) => folder !== undefined)
    writeFileSync(listOf(section), JSON.stringify([...new Set(folders)].map(read)))
  },
})

/** Makes one list of those of the bundles and of what ships as it is, once both bundles have told. */
export function writeLicences() {
  const files = ['main', 'renderer'].map(listOf)
  if (!files.every((file) => existsSync(file))) return
  const lists = files.map((file) => JSON.parse(readFileSync(file, 'utf8')))
  const all = new Map([...lists.flat(), ...shippedPackages().map(read), ...INLINED.map((name) => read(inRoot('node_modules', name))), LIBC].map((each) => [`${each.name} ${each.version}`, each]))
  const sorted = [...all.values()].sort((one, other) => one.name.localeCompare(other.name, 'en') || one.version.localeCompare(other.version, 'en', { numeric: true }))
  writeFileSync(inRoot('out/licences.json'), JSON.stringify(sorted))
  writeFileSync(inRoot('out/licences.txt'), sorted.map(({ name, version, licence, text }) => `${`${name} ${version}`.trim()}\n${licence}\n\n${text}\n`).join(`\n${'-'.repeat(80)}\n\n`))
}

/** The folder of the package that a module is of. */
function packageOf(id) {
  return /^\0?(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1]
}

/** Folders of the packages that ship as they are: by the lock file, for what installs itself into node_modules is in no lock. */
export function shippedPackages() {
  const { packages } = JSON.parse(readFileSync(inRoot('package-lock.json'), 'utf8'))
  return Object.entries(packages).filter(([path, { dev }]) => path !== '' && !dev && existsSync(inRoot(path))).map(([path]) => inRoot(path))
}

/** @returns {Licence} @throws for a package that says nothing: nobody may pass it on */
function read(folder) {
  const { name, version, license, licenses, author } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const licence = license?.type ?? license ?? licenses?.map(({ type }) => type).join(' OR ')
  if (!licence) throw new Error(`The package ${name} says nothing of its licence.`)
  const files = readdirSync(folder).filter((file) => /^(?:licen[cs]e|copying|notice)(?:$|[.-])/i.test(file)).sort()
  const texts = files.map((file) => readFileSync(join(folder, file), 'utf8').trim())
  const by = author?.name ?? author
  return { name, version, licence, text: texts.join('\n\n') || (by ? `By ${by}.` : '') }
}
