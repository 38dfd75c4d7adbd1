import type { Settings } from '#shared/contract/settings.ts'

/** The settings that the engine is started with, as its command line has them. */
export function engineWords(settings: Settings): string[] {
  const given = (flag: string, value: string | undefined) => (value ? [flag, value] : [])
  return [
    ...settings.registryMirrors.flatMap((url) => ['--registry-mirror', url]),
    ...settings.insecureRegistries.flatMap((registry) => ['--insecure-registry', registry]),
    ...settings.addressPools.flatMap((pool) => ['--default-address-pool', pool]),
    ...(settings.logMaxSize === '' ? [] : ['--log-max-size', settings.logMaxSize, '--log-max-file', String(settings.logMaxFiles)]),
    ...given('--http-proxy', settings.httpProxy),
    ...given('--https-proxy', settings.httpsProxy),
    ...given('--no-proxy', settings.noProxy),
    ...given('--runtime', settings.runtime === 'auto' ? '' : settings.runtime),
  ]
}
