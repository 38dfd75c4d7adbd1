import { expect, test } from 'vitest'
import { shapes } from '#shared/contract/contract.ts'
import { defaultSettings } from '#shared/contract/settings.ts'
import { fakeCalls } from './fake-answers.ts'
import { fakeSnapshot } from './fake-world.ts'

test('every call of the contract is answered, so that every page can be looked at', () => {
  const answered = fakeCalls({ world: fakeSnapshot('some', defaultSettings), cancelled: new Set(), tell: () => undefined }, new URLSearchParams())
  const calls = Object.entries(shapes).flatMap(([noun, verbs]) => Object.keys(verbs).map((verb) => `${noun}.${verb}`))
  // A browser has no dialog of the desktop's: the page then opens its own.
  expect(calls.filter((path) => !(path in answered))).toEqual(['app.choosePath'])
})
