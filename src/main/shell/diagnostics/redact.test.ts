import { expect, test } from 'vitest'
import { redact, redactText } from './redact.ts'

test.each([
  'http://me:hunter2@proxy.example:3128/x',
  'https://hunter2@registry.example/v2/',
  'Authorization: Bearer hunter2hunter2',
  'X-Registry-Auth: Basic aHVudGVyMg==hunter2',
  'POSTGRES_PASSWORD=hunter2',
  'db_password: "hunter2"',
  '{"apiKey":"hunter2"}',
  'GET /x?token=hunter2&y=1',
  `ghp_${'hunter2'.repeat(4)}`,
  `eyJhbGciOi.eyJzdWIiOihunter2.c2ln`.replace('eyJhbGciOi', 'eyJhbGciOiJI').replace('eyJzdWIiOihunter2', 'eyJzdWIiOiIxhunter2'),
  '-----BEGIN RSA PRIVATE KEY-----\nhunter2\n-----END RSA PRIVATE KEY-----',
])('%s loses its secret', (text) => expect(redactText(text)).not.toContain('hunter2'))

test('what is no secret stays readable', () => {
  for (const text of ['http://127.0.0.1:8080/', 'pulled docker.io/library/nginx:1.27', 'sha256:0123456789abcdef', 'the engine ended with status 3']) expect(redactText(text)).toBe(text)
})

test('values by the names of their keys, and whole environments', () => {
  const told = redact({ httpProxy: 'http://u:hunter2@p', nested: [{ AuthConfig: 'x', password: 'hunter2', token: 12345, ok: 'yes', hasPassword: true }], Env: ['A=hunter2', 'PATH=/bin', 'FLAG'], Labels: { 'my.secret': 'hunter2' } })
  expect(JSON.stringify(told)).not.toMatch(/hunter2|12345/)
  expect(told).toEqual({ httpProxy: 'http://(removed)@p', nested: [{ AuthConfig: 'x', password: '(removed)', token: '(removed)', ok: 'yes', hasPassword: true }], Env: ['A=(removed)', 'PATH=(removed)', 'FLAG'], Labels: { 'my.secret': '(removed)' } })
})
