import { expect, test } from 'vitest'
import { defaultSettings, settingsShapes } from '#shared/contract/settings.ts'
import { parseCommandLine } from '../engine/command-line.ts'
import { engineWords } from './engine-words.ts'

test('what was never set is not said', () => expect(engineWords(defaultSettings)).toEqual([]))

test('the engine understands every setting that is passed on', () => {
  const settings = { ...defaultSettings, registryMirrors: ['https://m.example'], insecureRegistries: ['old:5000', '10.0.0.0/8', 'fd00::/8', '[::1]:5000'], addressPools: ['base=10.64.0.0/12,size=24'], logMaxSize: '10m', logMaxFiles: 3, httpProxy: 'http://p:1', httpsProxy: 'http://p:2', noProxy: 'a,b', runtime: 'runc' as const }
  expect(parseCommandLine(engineWords(settings), {}, true)).toMatchObject({
    registryMirrors: ['https://m.example'],
    runtime: 'runc',
    defaults: { addressPools: ['base=10.64.0.0/12,size=24'], logOptions: { 'max-size': '10m', 'max-file': '3' }, proxy: { http: 'http://p:1', https: 'http://p:2', none: 'a,b' }, insecureRegistries: ['old:5000', '10.0.0.0/8', 'fd00::/8', '[::1]:5000'] },
  })
})

test('what the engine would refuse to start with is not taken as a setting', () => {
  for (const pool of ['10.0.0.0/8', 'base=10.0.0.0/16,size=8', 'base=300.0.0.0/8,size=24', 'base=10.0.0.0/8,size=30', '--debug']) {
    expect(() => settingsShapes.set({ addressPools: [pool] }, ''), pool).toThrow()
    expect(() => parseCommandLine(engineWords({ ...defaultSettings, addressPools: [pool] }), {}, true), pool).toThrow()
  }
  for (const registry of ['http://old:5000', '--debug', 'a/b', 'old:5000/x']) {
    expect(() => settingsShapes.set({ insecureRegistries: [registry] }, ''), registry).toThrow()
    expect(() => parseCommandLine(engineWords({ ...defaultSettings, insecureRegistries: [registry] }), {}, true), registry).toThrow()
  }
  for (const size of ['lots', '-1', '10 m', '0']) expect(() => settingsShapes.set({ logMaxSize: size }, ''), size).toThrow()
  expect(() => settingsShapes.set({ httpProxy: 'socks://x' }, '')).toThrow()
  expect(settingsShapes.set({ logMaxSize: '', httpProxy: '' }, '')).toEqual({ logMaxSize: '', httpProxy: '' })
})
