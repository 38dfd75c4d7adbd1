import { expect, test } from 'vitest'
import { runRequest } from '#shared/contract/containers.ts'
import { parseReference } from '#shared/oci/reference.ts'
import { formOfRequest } from '../request-form.ts'
import { problemsOf } from '../form-problems.ts'
import { toRunRequest } from '../run-form.ts'
import { fromTemplate } from './template.ts'
import { templates } from './templates.ts'

const nothing = { ports: [], names: new Set<string>(), volumes: new Set<string>() }

test.each(templates.map((template) => [template.id, template] as const))('%s fills a form that can be sent as it is', (_, template) => {
  const { request } = fromTemplate(template, nothing)
  expect(runRequest(request, '')).toEqual(request)
  expect(() => parseReference(request.image)).not.toThrow()
  const form = formOfRequest(request)
  expect([...problemsOf(form, [])]).toEqual([])
  expect(toRunRequest(form)).toMatchObject({ image: request.image, name: request.name, ports: request.ports, ...(request.environment?.length && { environment: request.environment }) })
})

test('what is taken is stepped around, and every password is another', () => {
  const [postgres] = templates
  const busy = { ports: [5432, 5433].map((port) => ({ ip: '', port, protocol: 'tcp' as const })), names: new Set(['postgres']), volumes: new Set(['postgres-data', 'postgres-data-2']) }
  const [one, two] = [fromTemplate(postgres!, busy), fromTemplate(postgres!, busy)]
  expect(one.request).toMatchObject({ name: 'postgres-2', ports: [{ hostPort: 5434 }], mounts: [{ source: 'postgres-data-3' }] })
  expect(one.secrets[0]).toMatchObject({ name: 'POSTGRES_PASSWORD', value: expect.stringMatching(/^[a-zA-Z2-9]{20}$/) })
  expect(one.secrets[0]?.value).not.toBe(two.secrets[0]?.value)
})

test('ids are one of a kind', () => expect(new Set(templates.map(({ id }) => id)).size).toBe(templates.length))
