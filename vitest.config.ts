import { defineConfig } from 'vitest/config'
import vue from '@vitejs/plugin-vue'
import { resolve } from 'node:path'

const here = (path: string) => resolve(import.meta.dirname, path)
const alias = { '#shared': here('src/shared'), '#base': here('src/main/base'), '@': here('src/renderer/src') }

// What a test waits for comes late on a machine that is shared.
const expect = { poll: { timeout: 30_000 } }

// Engines, shells and workers are the same sources each time: what Node has once compiled it keeps, a third of an engine's start.
process.env.NODE_COMPILE_CACHE ??= here('.cache/compiled')

// Clusters of three of Debian's Docker engines: `npm run cluster`.
// What is applied to Kubernetes on a real cluster: `SLIPWAY_KUBECONFIG=FILE npm run kubernetes`.
const longForms = [
  ...(process.env.SLIPWAY_CLUSTER ? [] : ['e2e/cluster/cluster.test.ts']),
  ...(process.env.SLIPWAY_KUBECONFIG ? [] : ['e2e/kubernetes/real-cluster.test.ts']),
]

/** unit: pure, parallel. host: real kernel, runtime and registry, one file at a time. e2e: the whole product. */
export default defineConfig({
  test: {
    projects: [
      { resolve: { alias }, plugins: [vue()], test: { name: 'unit', testTimeout: 30_000, include: ['src/**/*.test.ts', 'native/**/*.test.ts', 'scripts/**/*.test.ts', 'e2e/bench/**/*.test.ts'], exclude: ['**/*.host.test.ts'] } },
      { resolve: { alias }, test: { name: 'host', include: ['src/**/*.host.test.ts', 'native/**/*.host.test.ts'], fileParallelism: false, expect, testTimeout: 60_000, hookTimeout: 180_000 } },
      { resolve: { alias }, test: { name: 'e2e', include: ['e2e/**/*.test.ts'], exclude: ['e2e/bench/**', ...longForms], fileParallelism: false, expect, testTimeout: 180_000, hookTimeout: 180_000 } },
    ],
  },
})
