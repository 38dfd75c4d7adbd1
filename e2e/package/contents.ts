import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import type { Licence } from '../../src/shared/contract/app.ts'
import type { Packages } from './build-packages.ts'

const PROJECT = resolve(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(PROJECT, path), 'utf8')
const config = parse(read('electron-builder.yml'), { merge: true }) as { deb: { depends: string[]; fpm: string[] }; linux: { mimeTypes: string[]; extraFiles: { from: string }[] } }
const has = (program: string) => spawnSync('which', [program], { stdio: 'ignore' }).status === 0
const out = (program: string, args: string[]) => execFileSync(program, args, { encoding: 'utf8', maxBuffer: 64 << 20, stdio: ['ignore', 'pipe', 'pipe'] })

/** What is in the packages, held against what electron-builder is told. */
export function contentTests(packages: () => Packages): void {
  test('the files: those of a release, of root, and nothing else of the project', () => {
    const lines = out('dpkg-deb', ['--contents', packages().deb('0.1.0')]).trim().split('\n')
    const files = lines.map((line) => line.split(/\s+/)).map(([mode, owner, size, , , path]) => ({ mode: mode!, owner: owner!, size: Number(size), path: path!.slice(1) }))
    const names = files.map(({ path }) => path)
    for (const to of config.deb.fpm.filter((word) => !word.startsWith('--')).map((word) => word.split('=')[1])) expect(names).toContain(to)
    const app = '/opt/Slipway/resources/app/'
    for (const path of ['package.json', 'out/main/index.js', 'out/main/engine.js', 'out/main/serve.js', 'out/preload/index.cjs', 'out/renderer/index.html', 'resources/bin/slipway-shim', 'resources/bin/slipway-init', 'resources/bin/slipway-syscalls.node']) expect(names).toContain(app + path)
    expect(new Set(names.filter((path) => path.startsWith(app) && path !== app).map((path) => path.slice(app.length).split('/')[0]))).toEqual(new Set(['out', 'package.json', 'resources', 'node_modules']))
    expect(names.filter((path) => path.endsWith('.map') || path.endsWith('.test.ts') || path.includes('/prebuilds/') || /node_modules\/(?:electron|vite|vitest|typescript|eslint)\//.test(path))).toEqual([])
    expect(files.filter(({ owner, mode }) => owner !== 'root/root' || /^.....w|^........w/.test(mode) || /s/i.test(mode.slice(1))).map(({ path }) => path)).toEqual([])
    // Without the runtime: what a release adds to Electron.
    expect(files.filter(({ path }) => path !== '/opt/Slipway/node').reduce((sum, { size }) => sum + size, 0)).toBeLessThan(60e6)
  })

  test('the metadata: fields, scripts, desktop entry, AppStream, MIME types, man page', () => {
    const field = (name: string) => out('dpkg-deb', ['--field', packages().deb('0.1.0'), name]).trim()
    expect([field('Package'), field('Version'), field('Depends'), field('Section')]).toEqual(['slipway', '0.1.0~standin', config.deb.depends.join(', '), 'devel'])
    const folder = packages().unpacked('0.1.0')
    for (const script of ['postinst', 'prerm', 'postrm']) expect(spawnSync('sh', ['-n', join(folder, 'DEBIAN', script)]).status).toBe(0)
    const entry = join(folder, 'usr/share/applications/slipway-app.desktop')
    expect(/^MimeType=(.*);$/m.exec(readFileSync(entry, 'utf8'))?.[1]?.split(';')).toEqual(config.linux.mimeTypes)
    if (has('desktop-file-validate')) expect(out('desktop-file-validate', [entry])).toBe('')
    const metainfo = join(folder, 'usr/share/metainfo/dev.slipway.Slipway.metainfo.xml')
    if (has('appstreamcli')) expect(spawnSync('appstreamcli', ['validate', '--no-net', metainfo], { encoding: 'utf8' })).toMatchObject({ status: 0 })
    const { version } = JSON.parse(read('package.json')) as { version: string }
    expect(readFileSync(metainfo, 'utf8')).toContain(`<release version="${version}"`)
    if (has('groff')) expect(spawnSync('groff', ['-man', '-Tutf8', '-wall'], { encoding: 'utf8', input: gunzipSync(readFileSync(join(folder, 'usr/share/man/man1/slipway.1.gz'))) }).stderr).toBe('')
    if (has('update-mime-database')) {
      const mime = join(folder, 'usr/share/mime')
      mkdirSync(join(mime, 'packages'), { recursive: true })
      expect(spawnSync('update-mime-database', [mime], { encoding: 'utf8' })).toMatchObject({ status: 0 })
      expect(readFileSync(join(mime, 'globs2'), 'utf8')).toMatch(/60:text\/x-dockerfile:dockerfile\n/i)
    }
    for (const size of [16, 24, 32, 48, 64, 128, 256, 512, 1024]) {
      const png = readFileSync(join(folder, `usr/share/icons/hicolor/${size}x${size}/apps/slipway-app.png`))
      expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([size, size])
    }
  })

  test('the licences of all that is in it: bundled, beside the bundle, and linked', () => {
    const folder = packages().unpacked('0.1.0')
    const list = JSON.parse(readFileSync(join(folder, 'opt/Slipway/resources/app/out/licences.json'), 'utf8')) as Licence[]
    const names = list.map(({ name }) => name)
    for (const name of ['@vue/runtime-dom', '@xterm/xterm', '@fontsource-variable/inter', 'tailwindcss', '@kubernetes/client-node', 'ssh2', 'electron-updater', 'GNU C Library']) expect(names).toContain(name)
    // What only builds and tests is not in it.
    for (const name of ['vite', 'vitest', 'typescript', 'eslint', 'playwright-core']) expect(names).not.toContain(name)
    for (const name of readdirSync(join(folder, 'opt/Slipway/resources/app/node_modules')).filter((name) => !/^[.@]/.test(name))) expect(names).toContain(name)
    expect(list.filter(({ licence, text }) => licence === '' || text === '').map(({ name }) => name)).toEqual([])
    const text = readFileSync(join(folder, 'usr/share/doc/slipway/licences.txt'), 'utf8')
    for (const { text: terms } of list) expect(text).toContain(terms)
  })

  test('the archive runs from where it was unpacked, by a link as well', () => {
    const folder = packages().unpackedArchive('0.1.0')
    expect(existsSync(join(folder, 'Slipway/resources/app/out/main/engine.js'))).toBe(true)
    expect(out(join(folder, 'Slipway/bin/slipway'), ['--version']).trim()).toBe('0.1.0')
    expect(out(join(folder, 'Slipway/bin/slipway'), ['engine', '--help'])).toContain('--data-root')
  })
}
