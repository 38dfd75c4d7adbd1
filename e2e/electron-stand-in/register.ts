import { registerHooks } from 'node:module'

/** `node --import ./e2e/electron-stand-in/register.ts out/main/index.js`: whoever imports `electron` is given the stand-in. */
const standIn = new URL('./electron.ts', import.meta.url).href
registerHooks({
  resolve: (specifier, context, next) => (specifier === 'electron' || specifier === 'electron/main' ? { url: standIn, shortCircuit: true } : next(specifier, context)),
})
