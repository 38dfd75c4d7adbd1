import { expect, test } from 'vitest'
import { checkComposeFile } from './check-file.ts'

const said = (text: string) => checkComposeFile(text).problems.map(({ line, severity, message }) => `${line} ${severity} ${message}`)

test('services, as the file has them', () => {
  const { name, services, problems } = checkComposeFile('name: shop\nservices:\n  web:\n    image: nginx:1\n    ports: ["8080:80"]\n    depends_on:\n      db:\n        condition: service_healthy\n    networks: [front]\n  db:\n    build:\n      context: ./db\nnetworks:\n  front: {}\n')
  expect([name, problems]).toEqual(['shop', []])
  expect(services).toEqual([
    { name: 'web', line: 3, image: 'nginx:1', ports: ['8080:80'], dependsOn: ['db'], networks: ['front'] },
    { name: 'db', line: 10, build: './db', ports: [], dependsOn: [], networks: [] },
  ])
})

test.each([
  ['services:\n  web:\n    imge: nginx\n', ['2 error web has neither an image nor something to build.', '3 error imge is not a part of a service.']],
  ['services:\n  web:\n    image: nginx\n    ports: 80\n', ['4 error ports is a list.']],
  ['services:\n  web:\n    image: nginx\n    depends_on: [db]\n    networks: [back]\n', ['4 error web depends on db, which is not there.', '5 error The network back is not among the networks of this file.']],
  ['version: "3"\nservices:\n  web: {image: nginx}\n', ['1 warning version has no effect any more; it can go.']],
  ['servces: {}\n', ['1 error servces is not a part of a compose file.', '1 warning There are no services.']],
  ['- a\n', ['1 error A compose file is a table with services.']],
  ['services:\n  web:\n    image: nginx\n    privileged: "yes"\n    x-mine: 1\n    command: ${CMD}\n', ['4 error privileged is true or false.']],
])('what is wrong is told at its line: %j', (text, problems) => expect(said(text)).toEqual(problems))

test('a broken text is told where it breaks, and never throws', () => {
  expect(said('services:\n  web: [\n')[0]).toMatch(/^[23] error /)
  for (const text of ['', '\t', ': :', '&a *a', 'a: !!js/function x', '{'.repeat(50)]) expect(() => checkComposeFile(text)).not.toThrow()
})
