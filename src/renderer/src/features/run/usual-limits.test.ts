import { expect, test } from 'vitest'
import { emptyForm, toLimits } from './run-form.ts'
import { withUsual } from './usual-limits.ts'

test.each([
  ['512m', { memoryBytes: 536_870_912, cpus: 1.5 }],
  ['1.5g', { memoryBytes: 1_610_612_736, cpus: 1.5 }],
  ['2GB', { memoryBytes: 2_147_483_648, cpus: 1.5 }],
  ['1048576k', { memoryBytes: 1_073_741_824, cpus: 1.5 }],
  ['', { cpus: 1.5 }],
])('a new container gets the usual memory %s and processors', (defaultMemory, limits) => {
  const form = withUsual(emptyForm('nginx'), { defaultMemory, defaultCpus: '1.5', defaultRestart: 'unless-stopped' })
  expect(toLimits(form)).toEqual(limits)
  expect(form).toMatchObject({ image: 'nginx', restart: 'unless-stopped' })
})

test('without any, the form is as ever', () => expect(withUsual(emptyForm('nginx'), { defaultMemory: '', defaultCpus: '', defaultRestart: 'no' })).toEqual(emptyForm('nginx')))
