// What a release is made of, in CycloneDX's words (https://cyclonedx.org/docs/1.5/json/).   node scripts/sbom.mjs     (after a build)
// From the list of licences, which the bundles tell: npm's own list knows neither what is bundled nor the runtime.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { inRoot } from './project.mjs'

/**
 * @param {{ name: string, version: string, licence: string }[]} parts of out/licences.json
 * @param {{ packages: Record<string, { version?: string, integrity?: string }> }} lock
 */
export function billOfMaterials(parts, lock, { name, version, license }) {
  const electron = { name: 'electron', version: lock.packages['node_modules/electron'].version, licence: 'MIT' }
  const purl = (each) => `pkg:npm/${each.name.replace(/^@/, '%40')}@${each.version}`
  const component = (each) => ({
    type: each === electron ? 'framework' : 'library',
    name: each.name,
    ...(each.version && { version: each.version, purl: purl(each), 'bom-ref': purl(each) }),
    licenses: [/^[\w.+-]+$/.test(each.licence) ? { license: { name: each.licence } } : { expression: each.licence }],
    ...hashesOf(each, lock),
  })
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: { component: { type: 'application', name, version, licenses: [{ license: { id: license } }] } },
    components: [electron, ...parts].map(component),
  }
}

/** npm's word for an archive, `sha512-` and base64, in the hexadecimal digits of CycloneDX. */
function hashesOf({ name, version }, { packages }) {
  const [, entry] = Object.entries(packages).find(([path, each]) => path.endsWith(`node_modules/${name}`) && each.version === version) ?? []
  const digest = /^sha512-(.+)$/.exec(entry?.integrity ?? '')?.[1]
  return digest ? { hashes: [{ alg: 'SHA-512', content: Buffer.from(digest, 'base64').toString('hex') }] } : {}
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const read = (file) => JSON.parse(readFileSync(inRoot(file), 'utf8'))
  process.stdout.write(`${JSON.stringify(billOfMaterials(read('out/licences.json'), read('package-lock.json'), read('package.json')), null, 1)}\n`)
}
