import { expect, test } from 'vitest'
import { parseCreateBody } from '../containers/create-body.ts'
import { parseExecBody } from '../exec/wire.ts'
import { spelled } from './field-names.ts'

test('the case of a name does not matter; what nobody knows stays as it is', () => {
  expect(spelled('Name IPAM', { NAME: 1, ipam: { Config: 2 }, other: 3 })).toEqual({ Name: 1, IPAM: { Config: 2 }, other: 3 })
  expect(parseExecBody({ Cmd: ['cat'], detachKeys: 'ctrl-x' } as object)).toMatchObject({ args: ['cat'], detachKeys: 'ctrl-x' })
})

test('what a mount says nothing with is not kept', () => {
  const mounts = [{ Type: 'tmpfs', Source: null, Target: '/t', ReadOnly: false, TmpfsOptions: { SizeBytes: 0 } }, { Type: 'volume', Source: 'v', Target: '/v', ReadOnly: true, VolumeOptions: { NoCopy: false, Labels: {} } }]
  expect(parseCreateBody({ Image: 'x', HostConfig: { Mounts: mounts } } as object, undefined, undefined).host.Mounts).toEqual([{ Type: 'tmpfs', Target: '/t', TmpfsOptions: { SizeBytes: 0 } }, { Type: 'volume', Source: 'v', Target: '/v', ReadOnly: true, VolumeOptions: { Labels: {} } }])
})
