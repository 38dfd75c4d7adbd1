import { expect, test } from 'vitest'
import { readDeepLink } from './deep-link.ts'

test.each([
  ['slipway://run?image=nginx', '/containers?run=nginx'],
  ['slipway://run?image=ghcr.io%2Facme%2Fshop%3A1.2&cmd=rm', '/containers?run=ghcr.io%2Facme%2Fshop%3A1.2'],
  ['slipway://pull?image=redis:7', '/images?pull=redis%3A7'],
  ['slipway://logs?name=shop-web-1', '/logs?container=shop-web-1'],
  ['slipway://container?name=web', '/containers/web'],
  ['slipway://run', undefined],
  ['slipway://run?image=--privileged', undefined],
  ['slipway://run?image=a%20b', undefined],
  ['slipway://container?name=..%2F..%2Fsettings', undefined],
  ['slipway://settings?x=1', undefined],
  ['https://run?image=nginx', undefined],
  ['javascript:alert(1)', undefined],
  [`slipway://run?image=${'a'.repeat(5000)}`, undefined],
])('%s leads to %s', (link, path) => expect(readDeepLink(link)).toBe(path))
