// A deb, a tar.gz and, where rpmbuild is, an rpm around a STAND-IN for Electron: the project's Node, and the page in Chromium. For machines that cannot have Electron's
// binary: what electron-builder.yml says of the package is real (names, dependencies, scripts, files), the runtime is not, and it is never released.
//   node scripts/package.mjs [--output FOLDER] [--version VERSION]       Installers for people: npx electron-builder
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { parse } from 'yaml'
import { refuseOtherMachines } from './elf.mjs'
import { shippedPackages } from './licences.mjs'
import { buildNativeFor } from './native.mjs'
import { inRoot, PROJECT_NODE, say } from './project.mjs'
import { buildRpm } from './rpm.mjs'

const { values: { output, version: given } } = parseArgs({ options: { output: { type: 'string', default: inRoot('dist') }, version: { type: 'string' } } })
const { version: built } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'))
const version = given ?? built
const config = parse(readFileSync(inRoot('electron-builder.yml'), 'utf8'), { merge: true })
const architecture = { x64: 'amd64', arm64: 'arm64' }[process.arch]
const name = `slipway_${version}-stand-in_${architecture}`
const tree = join(output, name)

rmSync(tree, { recursive: true, force: true })
stageProgram(join(tree, 'opt', config.productName))
tar()
stageSystem()
stageControl()
execFileSync('dpkg-deb', ['--root-owner-group', '-Znone', '--build', tree, `${tree}.deb`], { stdio: ['ignore', 'ignore', 'inherit'] })
const hasRpmbuild = spawnSync('rpmbuild', ['--version'], { stdio: 'ignore' }).status === 0
if (hasRpmbuild) buildRpm({ tree, path: tree, version, architecture: process.arch, config })
rmSync(tree, { recursive: true })
say(`built ${tree}.deb, .tar.gz${hasRpmbuild ? ' and .rpm' : ''}, with a stand-in for Electron`)

/** As electron-builder lays it out: the runtime, and the app below resources/app. */
function stageProgram(home) {
  const app = join(home, 'resources', 'app')
  for (const path of ['out', 'package.json', 'resources']) put(inRoot(path), join(app, path))
  rmSync(join(app, 'resources/bin'), { recursive: true, force: true })
  put(buildNativeFor(process.arch), join(app, 'resources/bin'))
  if (version !== built) pretend(app)
  for (const path of shippedPackages()) put(path, join(app, relative(inRoot(), path)))
  put(PROJECT_NODE, join(home, 'node'))
  put(inRoot('packaging/stand-in/slipway-app'), join(home, config.linux.executableName))
  for (const { from, to } of config.linux.extraFiles) put(inRoot(from), join(home, to))
  refuseOtherMachines(home, process.arch)
}

/** The next release, where an upgrade is tried. */
function pretend(app) {
  for (const file of ['package.json', ...readdirSync(join(app, 'out/main'), { recursive: true }).filter((file) => file.endsWith('.js')).map((file) => join('out/main', file))]) {
    const path = join(app, file)
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(`"${built}"`, `"${version}"`))
  }
}

function stageSystem() {
  for (const [from, to] of config.deb.fpm.filter((word) => !word.startsWith('--')).map((word) => word.split('='))) put(inRoot(from), join(tree, to))
  const size = /^(\d+x\d+)\.png$/
  for (const file of readdirSync(inRoot('packaging/icons')).filter((file) => size.test(file))) {
    put(inRoot('packaging/icons', file), join(tree, 'usr/share/icons/hicolor', size.exec(file)[1], 'apps', `${config.linux.executableName}.png`))
  }
  const { desktop, mimeTypes, category, executableName, synopsis } = config.linux
  const entry = {
    Name: config.productName, Comment: synopsis, Exec: `/opt/${config.productName}/${executableName} %U`, Terminal: 'false', Type: 'Application', Icon: executableName,
    StartupWMClass: config.productName, ...desktop.entry, MimeType: `${mimeTypes.join(';')};`, Categories: `${category};`,
  }
  write(join(tree, 'usr/share/applications', `${executableName}.desktop`), `[Desktop Entry]\n${Object.entries(entry).map(([key, value]) => `${key}=${value}\n`).join('')}`)
}

function stageControl() {
  const { deb, linux } = config
  const size = Math.ceil(Number(execFileSync('du', ['-sk', tree], { encoding: 'utf8' }).split('\t')[0]))
  const fields = {
    Package: 'slipway', Version: `${version}~standin`, Architecture: architecture, Maintainer: linux.maintainer, 'Installed-Size': size, Depends: deb.depends.join(', '), Recommends: deb.recommends.join(', '),
    Section: deb.packageCategory, Priority: 'optional', Description: `${linux.synopsis}\n ${linux.description}\n .\n This package holds a stand-in for Electron, for tests.`,
  }
  write(join(tree, 'DEBIAN/control'), Object.entries(fields).map(([key, value]) => `${key}: ${value}\n`).join(''))
  const beforeRemove = deb.fpm.find((word) => word.startsWith('--before-remove=')).split('=')[1]
  for (const [script, from] of [['postinst', deb.afterInstall], ['prerm', beforeRemove], ['postrm', deb.afterRemove]]) put(inRoot(from), join(tree, 'DEBIAN', script))
}

function tar() {
  execFileSync('tar', ['-C', join(tree, 'opt'), '--owner=0', '--group=0', '-I', 'gzip -1', '-cf', `${tree}.tar.gz`, config.productName])
}

function put(from, to) {
  mkdirSync(dirname(to), { recursive: true })
  cpSync(from, to, { recursive: true, dereference: true, filter: (path) => !/\.map$|\/bare-[^/]+\/prebuilds$/.test(path) })
  if (statSync(from).isFile()) chmodSync(to, statSync(from).mode & 0o111 ? 0o755 : 0o644)
}

function write(path, text) {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text, { mode: 0o644 })
}
