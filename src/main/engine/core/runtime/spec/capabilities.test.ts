import { expect, test } from 'vitest'
import { availableCapabilities, capabilitiesOf, capabilitySets, DEFAULT_CAPABILITIES } from './capabilities.ts'

const ALL = availableCapabilities('CapBnd:\t000001ffffffffff\n')

test('the default is Docker’s fourteen', () => {
  expect(capabilitiesOf({}, ALL)).toEqual(DEFAULT_CAPABILITIES)
  expect(DEFAULT_CAPABILITIES).toHaveLength(14)
  expect(DEFAULT_CAPABILITIES).not.toContain('CAP_SYS_ADMIN')
})

test('names come with or without CAP_, in any case', () => {
  expect(capabilitiesOf({ capAdd: ['net_admin', 'CAP_SYS_TIME'] }, ALL)).toEqual([...DEFAULT_CAPABILITIES, 'CAP_NET_ADMIN', 'CAP_SYS_TIME'])
  expect(capabilitiesOf({ capDrop: ['Chown', 'cap_kill'] }, ALL)).toEqual(DEFAULT_CAPABILITIES.filter((name) => name !== 'CAP_CHOWN' && name !== 'CAP_KILL'))
})

test('ALL is the base for what the other list says', () => {
  expect(capabilitiesOf({ capAdd: ['ALL'] }, ALL)).toEqual(ALL)
  expect(capabilitiesOf({ capAdd: ['ALL'], capDrop: ['NET_RAW'] }, ALL)).toEqual(ALL.filter((name) => name !== 'CAP_NET_RAW'))
  expect(capabilitiesOf({ capDrop: ['ALL'] }, ALL)).toEqual([])
  expect(capabilitiesOf({ capDrop: ['all'], capAdd: ['NET_BIND_SERVICE'] }, ALL)).toEqual(['CAP_NET_BIND_SERVICE'])
})

test('privileged has what the engine has', () => {
  const fewer = availableCapabilities('CapBnd:\t00000000000000ff\n')
  expect(fewer).toHaveLength(8)
  expect(capabilitiesOf({ privileged: true }, fewer)).toEqual(fewer)
  expect(capabilitiesOf({}, fewer)).toEqual(DEFAULT_CAPABILITIES.filter((name) => fewer.includes(name)))
})

test('what is unknown, or not ours to give, is refused in Docker’s words', () => {
  expect(() => capabilitiesOf({ capAdd: ['FLY'] }, ALL)).toThrow('invalid CapAdd: unknown capability: "CAP_FLY"')
  expect(() => capabilitiesOf({ capDrop: ['cap_'] }, ALL)).toThrow('invalid CapDrop: unknown capability: "CAP_"')
  expect(() => capabilitiesOf({ capAdd: ['SYS_ADMIN'] }, ['CAP_CHOWN'])).toThrow('not available in the current environment: "CAP_SYS_ADMIN"')
})

test('another user than root starts with none in effect', () => {
  expect(capabilitySets(['CAP_CHOWN'], 0)).toEqual({ bounding: ['CAP_CHOWN'], effective: ['CAP_CHOWN'], permitted: ['CAP_CHOWN'] })
  expect(capabilitySets(['CAP_CHOWN'], 1000)).toEqual({ bounding: ['CAP_CHOWN'], effective: [], permitted: [] })
})
