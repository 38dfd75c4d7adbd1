import { defineConfig } from 'electron-vite'
import vue from '@vitejs/plugin-vue'
import tailwindcss from '@tailwindcss/vite'
import { resolve } from 'node:path'
import { licencesOfBundle } from './scripts/licences.mjs'

const here = (path: string) => resolve(import.meta.dirname, path)
const alias = { '#shared': here('src/shared'), '#base': here('src/main/base') }

export default defineConfig({
  main: {
    resolve: { alias },
    plugins: [licencesOfBundle('main')],
    build: {
      outDir: 'out/main',
      target: 'node24',
      sourcemap: true,
      minify: false,
      externalizeDeps: true,
      rollupOptions: {
        input: {
          index: here('src/main/index.ts'),
          engine: here('src/main/engine/main.ts'),
          serve: here('src/main/shell/browser/main.ts'),
          'layer-worker': here('src/main/engine/core/layers/worker.ts'),
        },
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    resolve: { alias },
    build: { outDir: 'out/preload', rollupOptions: { input: { index: here('src/preload/index.ts') }, output: { format: 'cjs', entryFileNames: '[name].cjs' } } },
  },
  renderer: {
    root: here('src/renderer'),
    resolve: { alias: { ...alias, '@': here('src/renderer/src'), https: here('src/renderer/src/features/build/no-https.ts') } },
    plugins: [vue(), tailwindcss(), licencesOfBundle('renderer', here('src/renderer'))],
    // Nothing is inlined: a font as a data: address would need a hole in the page's content security policy.
    build: { outDir: here('out/renderer'), assetsInlineLimit: 0, rollupOptions: { input: { index: here('src/renderer/index.html') } } },
  },
})
