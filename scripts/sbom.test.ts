import { expect, test } from 'vitest'
// @ts-expect-error scripts run without a build, and have no declarations
import { billOfMaterials } from './sbom.mjs'

const lock = {
  packages: {
    'node_modules/electron': { version: '45.4.1', integrity: 'sha512-AAEC' },
    'node_modules/@scope/bundled': { version: '1.0.0', integrity: 'sha512-/w==' },
    'node_modules/other/node_modules/@scope/bundled': { version: '2.0.0', integrity: 'sha512-EA==' },
  },
}

test('the runtime, each package with the digest that npm checks, and what is of no package', () => {
  const parts = [{ name: '@scope/bundled', version: '2.0.0', licence: '(MIT OR Apache-2.0)' }, { name: 'GNU C Library', version: '', licence: 'LGPL-2.1-or-later' }]
  expect(billOfMaterials(parts, lock, { name: 'slipway', version: '0.1.0', license: 'Apache-2.0' })).toMatchObject({
    bomFormat: 'CycloneDX',
    metadata: { component: { name: 'slipway', version: '0.1.0' } },
    components: [
      { type: 'framework', name: 'electron', version: '45.4.1', purl: 'pkg:npm/electron@45.4.1', hashes: [{ alg: 'SHA-512', content: '000102' }] },
      { name: '@scope/bundled', version: '2.0.0', purl: 'pkg:npm/%40scope/bundled@2.0.0', licenses: [{ expression: '(MIT OR Apache-2.0)' }], hashes: [{ content: '10' }] },
      { name: 'GNU C Library', licenses: [{ license: { name: 'LGPL-2.1-or-later' } }] },
    ],
  })
})
