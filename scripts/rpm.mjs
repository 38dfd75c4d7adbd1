// The rpm of the stand-in, from the tree of the deb: fpm, which electron-builder uses, is another program than what can be had everywhere, and writes such a spec.
// https://github.com/jordansissel/fpm/blob/main/templates/rpm.erb: scripts are put into the spec as they are, requirements are only those that are named, and
// folders stay when the package goes unless `--directories` names them.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inRoot } from './project.mjs'

/** As rpm calls them. */
const MACHINES = { x64: 'x86_64', arm64: 'aarch64' }

/** @returns where it is: PATH.rpm */
export function buildRpm({ tree, path, version, architecture, config: { linux, rpm } }) {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-rpm-'))
  try {
    writeFileSync(join(folder, 'slipway.spec'), spec({ tree, version, linux, rpm }))
    execFileSync('rpmbuild', ['-bb', '--quiet', '--target', MACHINES[architecture], '--define', `_topdir ${folder}`, join(folder, 'slipway.spec')], { stdio: ['ignore', 'ignore', 'pipe'] })
    const built = join(folder, 'RPMS', MACHINES[architecture])
    execFileSync('cp', [join(built, readdirSync(built)[0]), `${path}.new`])
    renameSync(`${path}.new`, `${path}.rpm`)
    return `${path}.rpm`
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const option = (rpm, name) => rpm.fpm.flatMap((word) => (word.startsWith(`--${name}=`) ? [word.slice(name.length + 3)] : []))

function spec({ tree, version, linux, rpm }) {
  const owned = option(rpm, 'directories')
  const entries = readdirSync(tree, { recursive: true, withFileTypes: true }).map((entry) => ({ path: join(entry.parentPath, entry.name).slice(tree.length), isFolder: entry.isDirectory() }))
  const listed = entries.filter(({ path, isFolder }) => !path.startsWith('/DEBIAN') && (!isFolder || owned.some((folder) => path === folder || path.startsWith(`${folder}/`))))
  const script = (name, from) => [`%${name}`, readFileSync(inRoot(from), 'utf8')]
  return [
    ...['prep', 'build', 'clean'].flatMap((step) => [`%define __spec_${step}_post true`, `%define __spec_${step}_pre true`]),
    '%define __os_install_post %{nil}', '%define _build_id_links none', '%define _binary_payload w1.gzdio',
    'Name: slipway', `Version: ${version}~standin`, 'Release: 1', `Summary: ${linux.synopsis}`, 'License: Apache-2.0', `Vendor: ${linux.vendor}`, `Packager: ${linux.maintainer}`, 'AutoReqProv: no',
    ...rpm.depends.map((each) => `Requires: ${each}`),
    '%description', linux.description, '', 'This package holds a stand-in for Electron, for tests.', '',
    '%install', `cp -a '${tree}/.' '%{buildroot}'`, "rm -r '%{buildroot}/DEBIAN'",
    ...script('post', rpm.afterInstall), ...script('preun', option(rpm, 'before-remove')[0]), ...script('postun', rpm.afterRemove),
    '%files', '%defattr(-,root,root,-)', ...listed.map(({ path, isFolder }) => `${isFolder ? '%dir ' : ''}"${path}"`), '',
  ].join('\n')
}
